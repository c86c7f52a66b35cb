#!/usr/bin/env bash
# Builds ../assets/uswds.css and ../assets/icons.svg from the packages named in
# README.md, which 'npm install' puts below the folder given.
set -euo pipefail
cd "$(dirname "$0")"
packages=${1:?say where node_modules is}
icons="check_circle_outline schedule error lock hourglass_empty undo mail_outline verified highlight_off"

"$packages/.bin/sass" --style=compressed --no-source-map --no-charset --quiet \
	--load-path="$packages/@uswds/uswds/packages" styles.scss ../assets/uswds.css

node - "$packages" $icons >../assets/icons.svg <<'JS'
const [packages, ...icons] = process.argv.slice(2)
const fs = require("fs")
const sprite = fs.readFileSync(packages + "/@uswds/uswds/dist/img/sprite.svg", "utf8")
const symbols = icons.map((name) => {
  const found = sprite.match(new RegExp(`<symbol[^>]* id="${name}"[^>]*>.*?</symbol>`, "s"))
  if (!found) throw new Error("no icon " + name)
  return found[0]
})
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`)
JS

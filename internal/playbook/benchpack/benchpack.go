// Package benchpack holds a country pack whose terms count seconds, so that a
// benchmark sees a reminder and an escalation within a few seconds. No
// production command imports it.
package benchpack

import (
	"embed"

	"github.com/traveldoc/traveldoc/internal/playbook"
)

//go:embed xxb-v1.yaml
var packs embed.FS

// Country is the user-assigned code (ISO 3166 leaves XAA to XZZ to its users)
// that the pack is for.
const Country = "XXB"

// Options load the pack beside the published ones: playbook.Load(benchpack.Options()...).
func Options() []playbook.Option {
	return []playbook.Option{playbook.AllowSeconds(), playbook.Also(packs)}
}

package traveldoc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A build for every way to switch a rule off would take a quarter of an hour.
// So one build holds them all: each function whose body is edited, and each
// package-level value, stands in it as it is and once per row, and the
// environment says which one runs. This is an overlay of the build alone. What
// is edited elsewhere (a type, a migration, a pack) needs a build of its own.

// rowVariable names, to a binary built with switches, the row that is off.
const rowVariable = "TRAVELDOC_RULE_ROW"

// row is one way to switch a rule off, and the test that must notice.
type row struct {
	name  string
	rule  int
	guard guard
	edits []edit
}

// region is a part of a Go file that can exist several times: what stands in a
// function's body, or a package-level value.
type region struct {
	from, to int // bytes of the file
	// value tells a value from a body; declared is where its declaration starts.
	value    bool
	declared int
	name     string // of the value, with its type
	results  bool   // the function has some
}

// regions of a Go file.
func regions(source []byte) (pkg string, found []region, err error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return "", nil, err
	}
	at := func(pos token.Pos) int { return files.Position(pos).Offset }
	for _, declaration := range parsed.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Body != nil {
				found = append(found, region{from: at(d.Body.Lbrace) + 1, to: at(d.Body.Rbrace), results: d.Type.Results != nil})
			}
		case *ast.GenDecl:
			spec, ok := d.Specs[0].(*ast.ValueSpec)
			if ok && !d.Lparen.IsValid() && len(spec.Names) == 1 && len(spec.Values) == 1 && variable(d.Tok, spec.Values[0]) {
				value := spec.Values[0]
				name, _, _ := strings.Cut(string(source[at(spec.Pos()):at(value.Pos())]), "=")
				found = append(found, region{from: at(value.Pos()), to: at(value.End()), value: true, declared: at(d.Pos()), name: name})
			}
		}
	}
	return parsed.Name.Name, found, nil
}

// variable tells whether a value may as well be a variable's. A constant number
// takes the type of what it meets, which a variable can't.
func variable(declared token.Token, value ast.Expr) bool {
	literal, ok := value.(*ast.BasicLit)
	return declared == token.VAR || ok && literal.Kind == token.STRING
}

// variant is what stands in a region while a row is off.
type variant struct{ row, text string }

// with writes the region of a source so that each variant can take its place.
func (r region) with(source string, variants []variant) string {
	var out strings.Builder
	if r.value {
		fmt.Fprintf(&out, "var %s = ", r.name)
		for _, v := range variants {
			fmt.Fprintf(&out, "unlessRow(%q, %s, ", v.row, v.text)
		}
		return out.String() + source[r.from:r.to] + strings.Repeat(")", len(variants))
	}
	for _, v := range variants {
		fmt.Fprintf(&out, "\nif rowOff(%q) {%s\n", v.row, v.text)
		if !r.results {
			out.WriteString("return\n")
		}
		out.WriteString("}\n")
	}
	return out.String() + source[r.from:r.to]
}

// start is where the region begins to be replaced: a value with its declaration,
// because a constant has to become a variable.
func (r region) start() int {
	if r.value {
		return r.declared
	}
	return r.from
}

// switchboard collects rows for one build.
type switchboard map[string]*board // by file

// board is a file's part of it.
type board struct {
	pkg      string
	source   string
	regions  []region
	variants map[region][]variant
}

// board gives a file's part; nil when the file is no Go.
func (s switchboard) board(t *testing.T, file string) *board {
	t.Helper()
	if filepath.Ext(file) != ".go" {
		return nil
	}
	if s[file] == nil {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pkg, found, err := regions(source)
		if err != nil {
			t.Fatal(err)
		}
		s[file] = &board{pkg, string(source), found, map[region][]variant{}}
	}
	return s[file]
}

// region that an edit stands in. A value's edit may quote the name before it.
func (b *board) region(e edit) (region, bool) {
	from := strings.Index(b.source, e.keeps)
	i := slices.IndexFunc(b.regions, func(r region) bool { return from >= r.start() && from+len(e.keeps) <= r.to })
	if i < 0 {
		return region{}, false
	}
	return b.regions[i], true
}

// add makes a row switchable. False: it needs a build of its own.
func (s switchboard) add(t *testing.T, row row) bool {
	t.Helper()
	if len(row.edits) > 1 {
		return false
	}
	e := row.edits[0]
	b := s.board(t, e.file)
	if b == nil {
		return false
	}
	r, ok := b.region(e)
	if !ok {
		return false
	}
	whole := b.source[r.start():r.to]
	text := strings.Replace(whole, e.keeps, e.off, 1)[r.from-r.start():]
	b.variants[r] = append(b.variants[r], variant{row.name, text})
	return true
}

// overlay writes what replaces the files of the rows that were added.
func (s switchboard) overlay(t *testing.T) string {
	t.Helper()
	changed := map[string]string{}
	for file, b := range s {
		if len(b.variants) == 0 {
			continue
		}
		var out strings.Builder
		done := 0
		for _, r := range b.regions {
			if variants := b.variants[r]; variants != nil {
				out.WriteString(b.source[done:r.start()] + r.with(b.source, variants))
				done = r.to
			}
		}
		changed[file] = out.String() + b.source[done:]
		changed[filepath.Join(filepath.Dir(file), "rule_row.go")] = fmt.Sprintf(rowSource, b.pkg, rowVariable)
	}
	return overlay(t, changed)
}

// rowSource is the file that a package with switches gets beside its own.
const rowSource = `package %s

import "os"

var offRow = os.Getenv(%q)

func rowOff(row string) bool { return offRow == row }

func unlessRow[T any](row string, off, on T) T {
	if rowOff(row) {
		return off
	}
	return on
}
`

// overlay writes changed files aside, and the list that puts them in place.
func overlay(t *testing.T, changed map[string]string) string {
	t.Helper()
	aside := t.TempDir()
	replace := map[string]string{}
	for file, content := range changed {
		place, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		replace[place] = filepath.Join(aside, fmt.Sprintf("%d-%s", len(replace), filepath.Base(file)))
		if err := os.WriteFile(replace[place], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var list bytes.Buffer
	if err := json.NewEncoder(&list).Encode(map[string]any{"Replace": replace}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(aside, "overlay.json")
	if err := os.WriteFile(path, list.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

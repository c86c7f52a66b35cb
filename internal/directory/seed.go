package directory

import (
	"bytes"
	_ "embed" // seed.yaml
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"
)

//go:embed seed.yaml
var exampleSeed []byte

// ExampleSeed is a seed file with the field offices, example posts and desks
// and invented people. Every address in it ends in .example.
func ExampleSeed() []byte { return slices.Clone(exampleSeed) }

// maxSeed bounds a seed file, in bytes.
const maxSeed = 8 << 20

// ParseSeed reads a seed file: one YAML document, no unknown or repeated keys.
// The error is Faults, with every fault that could be found.
func ParseSeed(raw []byte) (Snapshot, error) {
	if len(raw) > maxSeed {
		return Snapshot{}, Faults{{Entry: "file", Rule: fmt.Sprintf("has %d bytes, at most %d are read", len(raw), maxSeed)}}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	var data Data
	if err := decoder.Decode(&data); err != nil {
		return Snapshot{}, readFaults(err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Snapshot{}, Faults{{Entry: "file", Rule: "must hold one document"}}
	}
	return NewSnapshot(data)
}

// readFaults keeps the single complaints of the YAML reader apart.
func readFaults(err error) Faults {
	var typed *yaml.TypeError
	if !errors.As(err, &typed) {
		return Faults{{Entry: "file", Rule: err.Error()}}
	}
	faults := make(Faults, len(typed.Errors))
	for i, complaint := range typed.Errors {
		faults[i] = Fault{Entry: "file", Rule: complaint}
	}
	return faults
}

// Package replaytest keeps recorded workflow histories and plays them again.
// The engine's own replay notices when code asks for other things than the history
// holds, but not when it asks for the same things with other contents, nor when a
// rule changed what the state became. Here both are compared.
package replaytest

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Fixture is one recorded run.
type Fixture struct {
	Name string `json:"name"`
	// Hash of a request's state at the end of the history, as the worker that
	// recorded it held it; empty for other workflows.
	Hash    string          `json:"hash,omitempty"`
	History json.RawMessage `json:"history"`
}

// New makes a fixture of a history, and of the state behind it if there is one.
func New(name string, history *historypb.History, state *tdr.State) (Fixture, error) {
	fixture := Fixture{Name: name}
	var err error
	if state != nil {
		if fixture.Hash, err = Hash(*state); err != nil {
			return fixture, err
		}
	}
	if fixture.History, err = protojson.Marshal(history); err != nil {
		return fixture, fmt.Errorf("write history of %s: %w", name, err)
	}
	return fixture, nil
}

// whole is a state without its own form, so that everything folded is written, not the log alone.
type whole tdr.State

// Hash is the SHA-256 of everything in a state, log and what was folded from it.
func Hash(state tdr.State) (string, error) {
	raw, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("write state: %w", err)
	}
	var read tdr.State
	if err := json.Unmarshal(raw, &read); err != nil {
		return "", fmt.Errorf("read state: %w", err)
	}
	if raw, err = json.Marshal(whole(read)); err != nil {
		return "", fmt.Errorf("write whole state: %w", err)
	}
	rows, err := json.Marshal(tdr.Project(read))
	if err != nil {
		return "", fmt.Errorf("write read model: %w", err)
	}
	sum := sha256.Sum256(append(raw, rows...))
	return hex.EncodeToString(sum[:]), nil
}

// Save writes a fixture into a folder, compressed.
func (f Fixture) Save(folder string) error {
	file, err := os.Create(filepath.Join(folder, f.Name+".json.gz"))
	if err != nil {
		return fmt.Errorf("save fixture: %w", err)
	}
	defer file.Close()
	packed := gzip.NewWriter(file)
	if err := json.NewEncoder(packed).Encode(f); err != nil {
		return fmt.Errorf("save fixture %s: %w", f.Name, err)
	}
	if err := packed.Close(); err != nil {
		return fmt.Errorf("save fixture %s: %w", f.Name, err)
	}
	return file.Close()
}

// Load reads every fixture of a folder.
func Load(folder string) ([]Fixture, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json.gz"))
	if err != nil {
		return nil, fmt.Errorf("list fixtures: %w", err)
	}
	var fixtures []Fixture
	for _, path := range paths {
		fixture, err := load(path)
		if err != nil {
			return nil, fmt.Errorf("load fixture %s: %w", filepath.Base(path), err)
		}
		fixtures = append(fixtures, fixture)
	}
	return fixtures, nil
}

func load(path string) (Fixture, error) {
	file, err := os.Open(path)
	if err != nil {
		return Fixture{}, err
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		return Fixture{}, err
	}
	var fixture Fixture
	return fixture, json.NewDecoder(packed).Decode(&fixture)
}

func (f Fixture) history() (*historypb.History, error) {
	history := &historypb.History{}
	options := protojson.UnmarshalOptions{DiscardUnknown: true}
	if err := options.Unmarshal(f.History, history); err != nil {
		return nil, fmt.Errorf("read history of %s: %w", f.Name, err)
	}
	return history, nil
}

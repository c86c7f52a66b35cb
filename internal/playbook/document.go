package playbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"go.yaml.in/yaml/v3"
)

// document is a pack as its file states it. What it leaves out comes from the
// version named as its basis. A figure is stated whole or not at all, so that
// a changed number never keeps the source of the number it replaced.
type document struct {
	Country  string        `yaml:"country"`
	Version  int           `yaml:"version"`
	Summary  string        `yaml:"summary"`
	InForce  calendar.Date `yaml:"in_force"`
	ReviewBy calendar.Date `yaml:"review_by"`
	SignOff  SignOff       `yaml:"sign_off"`
	Basis    string        `yaml:"basis"`

	Stages         map[string]Figure `yaml:"stages"`
	StagesDetained map[string]Figure `yaml:"stages_detained"`
	Timescale      *Figure           `yaml:"timescale"`
	Ladder         *Ladder           `yaml:"ladder"`
	Validity       *Validity         `yaml:"validity"`
	Further        map[string]Figure `yaml:"further"`

	Checklist       []Item        `yaml:"checklist"`  // added to the basis; an item with the same id replaces
	DataSheet       []string      `yaml:"data_sheet"` // replaces that of the basis
	Interview       *Interview    `yaml:"interview"`
	Forms           []Form        `yaml:"forms"` // added to the basis
	CriminalRecords *Disclosure   `yaml:"criminal_records"`
	Channels        []Channel     `yaml:"channels"` // replace those of the basis
	Issuers         *Issuers      `yaml:"issuers"`
	Notification    *Notification `yaml:"notification"`
	Facts           []Fact        `yaml:"facts"`
}

// defaultKey names the pack for every country without one of its own.
const defaultKey = "default"

// maxDocument bounds the size of a pack file, in bytes.
const maxDocument = 1 << 20

// parseDocument reads one pack file: exactly one YAML document, no unknown or
// repeated keys.
func parseDocument(raw []byte) (document, error) {
	if len(raw) > maxDocument {
		return document{}, fmt.Errorf("pack file has %d bytes, at most %d are read", len(raw), maxDocument)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	var doc document
	if err := decoder.Decode(&doc); err != nil {
		return document{}, fmt.Errorf("read pack file: %w", err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return document{}, errors.New("read pack file: one document expected, found more")
	}
	return doc, nil
}

// over completes the document from its basis.
func (d document) over(basis Pack) Pack {
	p := Pack{
		Country: d.Country, Key: keyOf(d.Country), Version: d.Version, Summary: d.Summary,
		InForce: d.InForce, ReviewBy: d.ReviewBy, SignOff: d.SignOff, Basis: d.Basis,
		Stages:          overlay(basis.Stages, d.Stages),
		StagesDetained:  overlay(basis.StagesDetained, d.StagesDetained),
		Timescale:       stated(d.Timescale, basis.Timescale),
		Ladder:          stated(d.Ladder, basis.Ladder),
		Validity:        stated(d.Validity, basis.Validity),
		Further:         overlay(basis.Further, d.Further),
		Checklist:       overlayItems(basis.Checklist, d.Checklist),
		Interview:       stated(d.Interview, basis.Interview),
		Forms:           append(append([]Form(nil), basis.Forms...), d.Forms...),
		CriminalRecords: stated(d.CriminalRecords, basis.CriminalRecords),
		Channels:        basis.Channels,
		Issuers:         stated(d.Issuers, basis.Issuers),
		Notification:    stated(d.Notification, basis.Notification),
		Facts:           d.Facts,
	}
	if p.DataSheet = basis.DataSheet; len(d.DataSheet) > 0 {
		p.DataSheet = d.DataSheet
	}
	if len(d.Channels) > 0 {
		p.Channels = d.Channels
	}
	return p
}

func stated[T any](own *T, basis T) T {
	if own != nil {
		return *own
	}
	return basis
}

func overlay(basis, own map[string]Figure) map[string]Figure {
	out := make(map[string]Figure, len(basis)+len(own))
	maps.Copy(out, basis)
	maps.Copy(out, own)
	return out
}

func overlayItems(basis, own []Item) []Item {
	out := append([]Item(nil), basis...)
	place := make(map[string]int, len(out))
	for i, item := range out {
		place[item.ID] = i
	}
	for _, item := range own {
		if i, ok := place[item.ID]; ok {
			out[i] = item
			continue
		}
		out = append(out, item)
	}
	return out
}

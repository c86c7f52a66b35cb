package playbook

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

//go:embed packs/*.yaml
var embedded embed.FS

// Why no pack applies to a country.
var (
	ErrUnknownCountry   = errors.New("no such country code")
	ErrWithdrawnCountry = errors.New("country code no longer exists")
	ErrOwnCountry       = errors.New("no travel document is asked of the United States or its territories")
)

// Library holds every published version of every pack. It does not change
// after loading and is safe for concurrent use.
type Library struct {
	countries []Country
	byCode    map[string]Country
	packs     map[string][]Pack // by key, ascending versions
	// notification is the list of 8 CFR 236.1(e), by country.
	notification map[string]MandatoryNotification
}

// Option changes how packs are loaded.
type Option func(*loading)

type loading struct {
	seconds bool
	also    []fs.FS
}

// AllowSeconds admits packs whose terms count seconds, and country codes that
// ISO 3166 leaves to its users. It is for benchmarks and tests: a production
// process that set it would accept a pack that escalates within a minute.
func AllowSeconds() Option { return func(l *loading) { l.seconds = true } }

// Also loads the packs of another file system beside the first.
func Also(fsys fs.FS) Option { return func(l *loading) { l.also = append(l.also, fsys) } }

// Load reads the packs that are part of the program.
func Load(options ...Option) (Library, error) {
	packs, err := fs.Sub(embedded, "packs")
	if err != nil {
		return Library{}, fmt.Errorf("load packs: %w", err)
	}
	return LoadFS(packs, options...)
}

// LoadFS reads every *.yaml file at the top of a file system. A default pack
// must be among them. One bad pack makes the whole load fail, and the error
// lists every fault of every pack.
func LoadFS(fsys fs.FS, options ...Option) (Library, error) {
	var how loading
	for _, option := range options {
		option(&how)
	}
	library, err := newLibrary()
	if err != nil {
		return Library{}, err
	}
	var documents []document
	for _, source := range append([]fs.FS{fsys}, how.also...) {
		read, err := readDocuments(source)
		if err != nil {
			return Library{}, err
		}
		documents = append(documents, read...)
	}
	if err := library.publish(documents, how); err != nil {
		return Library{}, err
	}
	return library, nil
}

func newLibrary() (Library, error) {
	countries, err := readCountries()
	if err != nil {
		return Library{}, err
	}
	library := Library{countries: countries, byCode: map[string]Country{}, packs: map[string][]Pack{}}
	for _, country := range countries {
		library.byCode[country.Alpha3] = country
	}
	library.notification, err = readNotification(library.byCode)
	return library, err
}

func readDocuments(fsys fs.FS) ([]document, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	documents := make([]document, 0, len(names))
	for _, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		doc, err := parseDocument(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if want := fmt.Sprintf("%s-v%d.yaml", keyOf(doc.Country), doc.Version); path.Base(name) != want {
			return nil, fmt.Errorf("%s: the pack in it belongs into %s", name, want)
		}
		documents = append(documents, doc)
	}
	return documents, nil
}

// publish completes, checks and files the documents. Those without a basis go
// first, because the others are completed from them.
func (l *Library) publish(documents []document, how loading) error {
	slices.SortStableFunc(documents, func(a, b document) int {
		if (a.Basis == "") != (b.Basis == "") {
			return len(a.Basis) - len(b.Basis)
		}
		return a.Version - b.Version
	})
	var faults []error
	for _, doc := range documents {
		if err := l.file(doc, how); err != nil {
			faults = append(faults, err)
		}
	}
	if len(l.packs[defaultKey]) == 0 {
		faults = append(faults, errors.New("no default pack"))
	}
	return errors.Join(faults...)
}

func (l *Library) file(doc document, how loading) error {
	basis, err := l.basis(doc)
	if err != nil {
		return err
	}
	pack := doc.over(basis)
	if pack.Hash, err = pack.hash(); err != nil {
		return err
	}
	check := Validate
	if how.seconds {
		check = validateBench
		l.admit(pack.Country)
	}
	if err := check(pack); err != nil {
		return fmt.Errorf("pack %s: %w", pack.ID(), err)
	}
	if _, ok := l.byCode[pack.Country]; !ok && pack.Key != defaultKey {
		return fmt.Errorf("pack %s: %w", pack.ID(), ErrUnknownCountry)
	}
	earlier := l.packs[pack.Key]
	if n := len(earlier); n > 0 && (earlier[n-1].Version >= pack.Version || !pack.InForce.After(earlier[n-1].InForce)) {
		return fmt.Errorf("pack %s: a version must be numbered and come into force after %s", pack.ID(), earlier[n-1].ID())
	}
	l.packs[pack.Key] = append(earlier, pack)
	return nil
}

// basis finds the version that a document is completed from.
func (l *Library) basis(doc document) (Pack, error) {
	if doc.Basis == "" {
		return Pack{}, nil
	}
	for _, pack := range l.packs[defaultKey] {
		if pack.ID() == doc.Basis {
			return pack, nil
		}
	}
	return Pack{}, fmt.Errorf("pack %s/%d: basis %q is not a published default pack", keyOf(doc.Country), doc.Version, doc.Basis)
}

// admit makes a user-assigned code (XAA to XZZ) known.
func (l *Library) admit(code string) {
	if _, ok := l.byCode[code]; ok || len(code) != 3 || code[0] != 'X' {
		return
	}
	country := Country{Alpha3: code, Name: "Bench country " + code}
	l.byCode[code] = country
	l.countries = append(l.countries, country)
}

// Countries lists ISO 3166 with its withdrawn codes, by alpha-3 code.
func (l Library) Countries() []Country { return slices.Clone(l.countries) }

// Country finds a country by its alpha-3 code, withdrawn ones too.
func (l Library) Country(alpha3 string) (Country, bool) {
	country, ok := l.byCode[alpha3]
	return country, ok
}

// Pack is the version that requests to a country opened on a day use: the
// country's own, or the default pack. A day before the first version gets the
// first, so that a case that is older than the packs is still measured. The
// errors are ErrUnknownCountry, ErrWithdrawnCountry and ErrOwnCountry.
func (l Library) Pack(country string, on calendar.Date) (Pack, error) {
	entry, ok := l.byCode[country]
	switch {
	case !ok:
		return Pack{}, fmt.Errorf("pack for %q: %w", country, ErrUnknownCountry)
	case entry.Outside:
		return Pack{}, fmt.Errorf("pack for %s: %w", country, ErrOwnCountry)
	case !entry.Exists(on):
		return Pack{}, fmt.Errorf("pack for %s (withdrawn %s): %w", country, entry.Withdrawn, ErrWithdrawnCountry)
	}
	versions := l.Versions(country)
	next := sort.Search(len(versions), func(i int) bool { return versions[i].InForce.After(on) })
	return versions[max(next-1, 0)], nil
}

// Versions lists the versions that apply to a country, oldest first: its own,
// or those of the default pack. It is empty for a country without requests.
func (l Library) Versions(country string) []Pack {
	entry, ok := l.byCode[country]
	if !ok || entry.Outside {
		return nil
	}
	versions, ok := l.packs[keyOf(country)]
	if !ok {
		versions = l.packs[defaultKey]
	}
	out := slices.Clone(versions)
	for i := range out {
		out[i].Country = country
	}
	return out
}

// Version finds one version that applies to a country.
func (l Library) Version(country string, version int) (Pack, bool) {
	for _, pack := range l.Versions(country) {
		if pack.Version == version {
			return pack, true
		}
	}
	return Pack{}, false
}

// Published lists every version in the library by key and version, each once.
func (l Library) Published() []Pack {
	var out []Pack
	for _, versions := range l.packs {
		out = append(out, versions...)
	}
	slices.SortFunc(out, func(a, b Pack) int {
		if a.Key != b.Key {
			return strings.Compare(a.Key, b.Key)
		}
		return a.Version - b.Version
	})
	return out
}

func keyOf(country string) string {
	if country == "" {
		return defaultKey
	}
	return strings.ToLower(country)
}

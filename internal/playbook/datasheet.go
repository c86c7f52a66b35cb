package playbook

import (
	_ "embed" // datasheet.csv
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// dataSheetCSV is every field that a data sheet may carry: what Form I-217 asks
// of a person's identity and family. Left off on purpose, though the form has
// room for them: the A-number and entry into the United States, the reasons for
// removal, religion, occupation, languages and marks on the body. Each can tell
// or let infer an asylum claim (8 CFR 208.6), and no country needs it to know
// its own national.
//
//go:embed datasheet.csv
var dataSheetCSV string

// SheetField is a field that a data sheet may carry.
type SheetField struct {
	Name  string
	Title string    // as printed
	Form  SheetForm // of its values
	// OfPerson marks what the person's own record holds and nobody enters twice.
	OfPerson bool
	Provenance
}

// DataSheetFields lists every field that a data sheet may carry, in the order
// in which they are printed. What is not on this list leaves on no data sheet.
func DataSheetFields() ([]SheetField, error) {
	rows, err := csv.NewReader(strings.NewReader(dataSheetCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the list of data-sheet fields: %w", err)
	}
	fields := make([]SheetField, 0, len(rows))
	for _, row := range rows[1:] {
		dated, err := calendar.ParseDate(row[5])
		if err != nil {
			return nil, fmt.Errorf("read the list of data-sheet fields: %s: %w", row[0], err)
		}
		fields = append(fields, SheetField{
			Name: row[0], Title: row[1], Form: SheetForm(row[2]), OfPerson: row[3] == "yes",
			Provenance: Provenance{Source: row[4], Date: dated, Evidence: Evidence(row[6]), Standing: Standing(row[7])},
		})
	}
	return fields, nil
}

// SheetFields are the fields that the country gets: those that the pack names,
// and all of them where it names none.
func (p Pack) SheetFields() ([]SheetField, error) {
	all, err := DataSheetFields()
	if err != nil || len(p.DataSheet) == 0 {
		return all, err
	}
	return slices.DeleteFunc(all, func(f SheetField) bool { return !slices.Contains(p.DataSheet, f.Name) }), nil
}

// The records of convictions that a country may need at most, least first.
const (
	// ConvictionList names offence, court and date of each final conviction.
	ConvictionList = "conviction_list"
	// ConvictionRecord is the court's certified record of one conviction.
	ConvictionRecord = "conviction_record"
)

// CriminalRecords are the document types that tell of a criminal record.
func CriminalRecords() []string { return []string{ConvictionList, ConvictionRecord} }

// MayDisclose tells whether a document type that tells of a criminal record is
// the minimum that the country asks for. No pack says so unless it has a source.
func (p Pack) MayDisclose(documentType string) bool {
	return p.CriminalRecords.Allowed && documentType != "" && documentType == p.CriminalRecords.Minimum
}

// Made tells whether a checklist item is written when a package is made, so
// that no document of it is uploaded.
func Made(item string) bool { return item == "cover_letter" || item == "form_i217" }

// evidenceTypes are the document types that may leave without a second person's
// review: evidence of who a person is, made by others than this government and
// with no room for its words. Orders, notices and letters are not among them.
func evidenceTypes() []string {
	return []string{
		"photographs", "fingerprints", "passport_copy", "birth_certificate", "national_id", "prior_travel_document",
		"citizenship_certificate",
	}
}

// Listed tells whether a document type may leave for the country without a
// review of its disclosure: it is evidence of identity, on the pack's checklist,
// and not marked as sensitive there.
func (p Pack) Listed(documentType string) bool {
	return slices.Contains(evidenceTypes(), documentType) && slices.ContainsFunc(p.Checklist, func(item Item) bool {
		return item.ID == documentType && !item.Sensitive
	})
}

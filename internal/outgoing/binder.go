package outgoing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// errNotPages: what was handed over is no PDF whose pages can be copied.
var errNotPages = errors.New("not a PDF with pages")

// binder copies the pages of PDFs into one, in order. It copies what shows a
// page and nothing else: no annotations, scripts, attachments, metadata or
// file ids come along, whatever a source holds, and no time of day is written.
// The same sources make the same bytes.
type binder struct {
	out     bytes.Buffer
	offsets []int // of objects, by number
}

// Numbers of the two objects that are written when all pages are known.
const (
	catalogue = 1
	pageTree  = 2
)

func newBinder() *binder {
	b := &binder{offsets: make([]int, pageTree+1)}
	// Bytes over 127 tell whoever transfers the file that it is binary.
	b.out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return b
}

// reading is how sources are read: nothing is looked up outside, and what a
// file makes the reader allocate is bounded.
func reading() *model.Configuration {
	return &model.Configuration{
		Reader15: true, ValidationMode: model.ValidationRelaxed, Offline: true, Limits: model.DefaultResourceLimits(),
		Cmd: model.MERGECREATE, Unit: types.POINTS,
	}
}

// add copies every page of a source and gives them in order.
func (b *binder) add(source io.ReadSeeker) (types.Array, error) {
	ctx, err := pdfcpu.Read(source, reading())
	if err != nil {
		// The reader's words can quote the document.
		return nil, errNotPages
	}
	if err := ctx.EnsurePageCount(); err != nil || ctx.PageCount == 0 {
		return nil, errNotPages
	}
	c := copying{binder: b, from: ctx.XRefTable, numbers: map[int]int{}}
	for page := 1; page <= ctx.PageCount; page++ {
		if err := c.page(page); err != nil {
			return nil, fmt.Errorf("copy page %d: %w", page, err)
		}
	}
	return c.pages, nil
}

// bind writes what holds the pages together in an order, and gives the whole.
func (b *binder) bind(pages types.Array) []byte {
	b.object(catalogue, types.Dict{"Type": types.Name("Catalog"), "Pages": reference(pageTree)}.PDFString(), nil)
	b.object(pageTree, types.Dict{
		"Type": types.Name("Pages"), "Kids": pages, "Count": types.Integer(len(pages)),
	}.PDFString(), nil)
	start := b.out.Len()
	fmt.Fprintf(&b.out, "xref\n0 %d\n0000000000 65535 f \n", len(b.offsets))
	for _, offset := range b.offsets[1:] {
		fmt.Fprintf(&b.out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b.out, "trailer\n<</Root %d 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n", catalogue, len(b.offsets), start)
	return b.out.Bytes()
}

// number reserves the next object's.
func (b *binder) number() int {
	b.offsets = append(b.offsets, 0)
	return len(b.offsets) - 1
}

func (b *binder) object(number int, text string, stream []byte) {
	b.offsets[number] = b.out.Len()
	fmt.Fprintf(&b.out, "%d 0 obj\n%s\n", number, text)
	if stream != nil {
		b.out.WriteString("stream\n")
		b.out.Write(stream)
		b.out.WriteString("\nendstream\n")
	}
	b.out.WriteString("endobj\n")
}

func reference(number int) types.IndirectRef {
	return types.IndirectRef{ObjectNumber: types.Integer(number)}
}

// copying is the copying of one source.
type copying struct {
	*binder
	from    *model.XRefTable
	numbers map[int]int // of the source's objects, here
	waiting []int       // objects of the source that are referred to and not written yet
	pages   types.Array // copied so far
}

// page copies one page, with what it inherits.
func (c *copying) page(n int) error {
	source, _, inherited, err := c.from.PageDict(n, false)
	if err != nil || inherited.MediaBox == nil {
		return errNotPages
	}
	page := types.Dict{"Type": types.Name("Page"), "Parent": reference(pageTree), "MediaBox": inherited.MediaBox.Array()}
	if inherited.CropBox != nil {
		page["CropBox"] = inherited.CropBox.Array()
	}
	if inherited.Rotate != 0 {
		page["Rotate"] = types.Integer(inherited.Rotate)
	}
	resources := types.Dict{}
	if inherited.Resources != nil {
		resources = inherited.Resources
	}
	page["Resources"] = c.renumbered(resources)
	for _, shown := range []string{"Contents", "Group", "UserUnit"} {
		if value, found := source.Find(shown); found {
			page[shown] = c.renumbered(value)
		}
	}
	number := c.number()
	c.object(number, page.PDFString(), nil)
	c.pages = append(c.pages, reference(number))
	return c.rest()
}

// rest copies what the page refers to, and what that refers to.
func (c *copying) rest() error {
	for len(c.waiting) > 0 {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		value, err := c.from.Dereference(reference(next))
		if err != nil {
			return errNotPages
		}
		switch value := value.(type) {
		case nil:
			c.object(c.numbers[next], "null", nil)
		case types.StreamDict:
			described := c.renumbered(value.Dict).(types.Dict)
			described["Length"] = types.Integer(len(value.Raw))
			c.object(c.numbers[next], described.PDFString(), append(value.Raw, []byte{}...))
		default:
			c.object(c.numbers[next], c.renumbered(value).PDFString(), nil)
		}
	}
	return nil
}

// hidden are entries that say something about an object and show nothing of it.
func hidden() []string {
	return []string{"Metadata", "PieceInfo", "LastModified", "StructParent", "StructParents", "AF", "OPI", "Length"}
}

// renumbered is an object with the numbers that what it refers to has here.
func (c *copying) renumbered(value types.Object) types.Object {
	switch value := value.(type) {
	case types.IndirectRef:
		from := value.ObjectNumber.Value()
		if _, known := c.numbers[from]; !known {
			c.numbers[from] = c.number()
			c.waiting = append(c.waiting, from)
		}
		return reference(c.numbers[from])
	case types.Dict:
		copied := types.Dict{}
		for _, name := range sorted(value) {
			if !slices.Contains(hidden(), name) {
				copied[name] = c.renumbered(value[name])
			}
		}
		return copied
	case types.Array:
		copied := make(types.Array, len(value))
		for i := range value {
			copied[i] = c.renumbered(value[i])
		}
		return copied
	default:
		return value
	}
}

// sorted are the names of a dictionary in one order: objects are numbered as
// they are met.
func sorted(d types.Dict) []string {
	names := make([]string, 0, len(d))
	for name := range d {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

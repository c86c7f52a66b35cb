package sanitise

import (
	"fmt"
	"io"
	"strings"
)

// sheet is a page that shows one picture.
type sheet struct {
	width, height float64 // of the page, in points of 1/72 inch
	// Placing of the unit square that the picture is, as the operator cm takes it
	// (ISO 32000-1, 8.3.4).
	placing    [6]float64
	pixelsWide int
	pixelsHigh int
	components int // of a colour: 1 grey, 3 red, green and blue
	jpeg       []byte
}

// pdfWriter writes a PDF of sheets: nothing of the file that they come from but
// its pictures, no dates, no names, no ids.
type pdfWriter struct {
	out     io.Writer
	at      int64
	offsets []int64 // by object number, from 1
	pages   []int
	err     error
}

// Objects that every document has.
const (
	catalogObject = 1
	pagesObject   = 2
)

func newPDFWriter(out io.Writer) *pdfWriter {
	w := &pdfWriter{out: out, offsets: make([]int64, pagesObject)}
	w.print("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	return w
}

func (w *pdfWriter) write(raw []byte) {
	if w.err != nil {
		return
	}
	n, err := w.out.Write(raw)
	w.at += int64(n)
	w.err = err
}

func (w *pdfWriter) print(format string, arguments ...any) {
	w.write(fmt.Appendf(nil, format, arguments...))
}

// object begins the object with a number, or the next one when it is 0.
func (w *pdfWriter) object(number int) int {
	if number == 0 {
		w.offsets = append(w.offsets, 0)
		number = len(w.offsets)
	}
	w.offsets[number-1] = w.at
	w.print("%d 0 obj\n", number)
	return number
}

func (w *pdfWriter) stream(dictionary string, content []byte) int {
	number := w.object(0)
	w.print("<<%s/Length %d>>\nstream\n", dictionary, len(content))
	w.write(content)
	w.print("\nendstream\nendobj\n")
	return number
}

// add writes a page.
func (w *pdfWriter) add(s sheet) {
	space := "DeviceRGB"
	if s.components == 1 {
		space = "DeviceGray"
	}
	picture := w.stream(fmt.Sprintf(
		"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/%s/Filter/DCTDecode",
		s.pixelsWide, s.pixelsHigh, space), s.jpeg)
	placing := strings.Trim(fmt.Sprintf("%.3f", s.placing), "[]")
	shown := w.stream("", fmt.Appendf(nil, "q %s cm /P Do Q", placing))
	w.pages = append(w.pages, w.object(0))
	w.print("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %.3f %.3f]/Resources<</XObject<</P %d 0 R>>>>/Contents %d 0 R>>\nendobj\n",
		pagesObject, s.width, s.height, picture, shown)
}

// close writes what holds the pages together.
func (w *pdfWriter) close() error {
	w.object(pagesObject)
	w.print("<</Type/Pages/Count %d/Kids[", len(w.pages))
	for _, page := range w.pages {
		w.print(" %d 0 R", page)
	}
	w.print("]>>\nendobj\n")
	w.object(catalogObject)
	w.print("<</Type/Catalog/Pages %d 0 R>>\nendobj\n", pagesObject)
	table := w.at
	w.print("xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, offset := range w.offsets {
		w.print("%010d 00000 n \n", offset)
	}
	w.print("trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(w.offsets)+1, catalogObject, table)
	if w.err != nil {
		return fmt.Errorf("write pages: %w", w.err)
	}
	return nil
}

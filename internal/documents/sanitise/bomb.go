package sanitise

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"io"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// The renderer shows nothing of what it can't unpack, and says nothing of it. A
// page that would be blank for that reason is refused before it is rendered.

const (
	bytesPerPixel = 4
	// packedTwice and more often is what only a bomb is.
	packedLevels = 4
)

// swells tells whether a stream of a PDF unpacks to more than the largest
// picture takes.
func swells(content []byte, limits Limits) bool {
	most := int64(limits.Pixels) * bytesPerPixel
	for {
		_, rest, found := bytes.Cut(content, []byte("stream"))
		if !found {
			return false
		}
		content = rest
		packed := bytes.TrimPrefix(bytes.TrimPrefix(content, []byte("\r")), []byte("\n"))
		if unpacked(bytes.NewReader(packed), most, packedLevels) > most {
			return true
		}
	}
}

// unpacked is the length of what a stream unpacks to, as often as it was packed;
// counting ends above most. What is not packed has none.
func unpacked(packed io.Reader, most int64, levels int) int64 {
	inflated, err := zlib.NewReader(packed)
	if err != nil {
		return 0
	}
	if levels == 0 {
		return most + 1
	}
	counted := &counter{Reader: inflated, most: most}
	buffered := bufio.NewReader(counted)
	if head, _ := buffered.Peek(2); len(head) == 2 && head[0] == 0x78 {
		if deeper := unpacked(buffered, most, levels-1); deeper > most {
			return deeper
		}
	}
	_, _ = io.Copy(io.Discard, buffered)
	return counted.read
}

// counter ends a little above most.
type counter struct {
	io.Reader
	read, most int64
}

// Read counts.
func (c *counter) Read(p []byte) (int, error) {
	if c.read > c.most {
		return 0, io.EOF
	}
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

// Limits of looking for pictures on a page: what lies deeper or behind is
// bounded by the memory of the renderer.
const (
	objectsSeen = 50_000
	formsDeep   = 8
)

// picturesFit tells whether each picture that a page draws is within the limit.
func (d document) picturesFit(page references.FPDF_PAGE, limits Limits) bool {
	asked := requests.Page{ByReference: &page}
	count, err := d.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: asked})
	if err != nil {
		return false
	}
	for index := range min(count.Count, objectsSeen) {
		object, err := d.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: asked, Index: index})
		if err != nil || !d.objectFits(object.PageObject, limits, formsDeep) {
			return false
		}
	}
	return true
}

func (d document) objectFits(object references.FPDF_PAGEOBJECT, limits Limits, deep int) bool {
	kind, err := d.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object})
	switch {
	case err != nil:
		return false
	case kind.Type == enums.FPDF_PAGEOBJ_IMAGE:
		size, err := d.FPDFImageObj_GetImagePixelSize(&requests.FPDFImageObj_GetImagePixelSize{ImageObject: object})
		return err == nil && (size.Height == 0 || size.Width <= uint(limits.Pixels)/size.Height)
	case kind.Type != enums.FPDF_PAGEOBJ_FORM || deep == 0:
		return true
	}
	count, err := d.FPDFFormObj_CountObjects(&requests.FPDFFormObj_CountObjects{PageObject: object})
	if err != nil {
		return false
	}
	for index := range min(count.Count, objectsSeen) {
		inner, err := d.FPDFFormObj_GetObject(&requests.FPDFFormObj_GetObject{PageObject: object, Index: uint64(index)})
		if err != nil || !d.objectFits(inner.PageObject, limits, deep-1) {
			return false
		}
	}
	return true
}

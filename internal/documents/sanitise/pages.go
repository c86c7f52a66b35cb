package sanitise

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"

	"github.com/klippa-app/go-pdfium"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// resolution of rendered pages, in pixels per inch: print of six points stays
// legible, and fifty scanned pages are done within five seconds.
const resolution = 150

const pointsPerInch = 72

// document is an opened PDF.
type document struct {
	pdfium.Pdfium
	reference references.FPDF_DOCUMENT
	pages     int
}

// pages renders every page of a PDF and makes a new PDF of the pictures.
func pages(limits Limits, cache string, content []byte, out io.Writer) (Report, error) {
	if swells(content, limits) {
		return Report{}, refuse(TooHeavy)
	}
	// Half of what the process may have is left to what encodes and compiles.
	instance, stop, err := renderer(context.Background(), limits.Memory/2, cache)
	if err != nil {
		return Report{}, err
	}
	defer stop()
	doc, err := open(instance, content)
	if err != nil {
		return Report{}, err
	}
	switch {
	case doc.pages == 0:
		return Report{}, refuse(NoPages)
	case doc.pages > limits.Pages:
		return Report{}, refuse(Pages)
	case broken(content):
		return Report{}, refuse(Damaged)
	}
	return doc.convert(limits, out)
}

// open refuses what is encrypted, even under an empty password, and what has to
// be repaired before it can be shown: two programmes may repair it differently.
func open(instance pdfium.Pdfium, content []byte) (document, error) {
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &content})
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword), errors.Is(err, pdfiumerrors.ErrSecurity):
		return document{}, refuse(Encrypted)
	case err != nil:
		return document{}, refuse(Damaged)
	}
	doc := document{Pdfium: instance, reference: opened.Document}
	security, err := doc.FPDF_GetSecurityHandlerRevision(&requests.FPDF_GetSecurityHandlerRevision{Document: doc.reference})
	if err != nil || security.SecurityHandlerRevision >= 0 {
		return document{}, refuse(Encrypted)
	}
	table, err := doc.FPDF_DocumentHasValidCrossReferenceTable(&requests.FPDF_DocumentHasValidCrossReferenceTable{Document: doc.reference})
	if err != nil || !table.DocumentHasValidCrossReferenceTable {
		return document{}, refuse(Damaged)
	}
	count, err := doc.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.reference})
	if err != nil {
		return document{}, refuse(Damaged)
	}
	doc.pages = count.PageCount
	return doc, nil
}

// rendered is a page on its way to being encoded.
type rendered struct {
	image         image.Image
	width, height float64 // in points
}

// convert renders one page while the one before is encoded and written.
func (d document) convert(limits Limits, out io.Writer) (Report, error) {
	report := Report{MediaType: PDF, Pages: d.pages}
	queue, written := make(chan rendered, 1), make(chan error, 1)
	go func() { written <- write(queue, out) }()
	var reading text
	err := func() error {
		defer close(queue)
		for index := range d.pages {
			page, err := d.render(index, limits, &reading, &report)
			if err != nil {
				return err
			}
			queue <- page
		}
		return nil
	}()
	if failed := <-written; failed != nil {
		return Report{}, failed
	}
	report.Text = reading.String()
	return report, err
}

// write encodes pages as they come. After a failure it goes on to take them, so
// that nobody waits.
func write(queue <-chan rendered, out io.Writer) error {
	w := newPDFWriter(out)
	var failed error
	for page := range queue {
		s, err := encode(page.image)
		failed = errors.Join(failed, err)
		s.width, s.height = page.width, page.height
		s.placing = [6]float64{page.width, 0, 0, page.height, 0, 0}
		w.add(s)
	}
	return errors.Join(failed, w.close())
}

// render makes a picture of a page as it is printed: without annotations and
// form fields, without layers that are switched off, and cut at its edges.
func (d document) render(index int, limits Limits, reading *text, report *Report) (rendered, error) {
	size, err := d.FPDF_GetPageSizeByIndexF(&requests.FPDF_GetPageSizeByIndexF{Document: d.reference, Index: index})
	if err != nil {
		return rendered{}, refuse(Damaged)
	}
	page := rendered{width: float64(size.Size.Width), height: float64(size.Size.Height)}
	if !(page.width >= 1 && page.height >= 1) {
		return rendered{}, refuse(PageSize)
	}
	if page.width*page.height*resolution*resolution/(pointsPerInch*pointsPerInch) > float64(limits.Pixels) {
		return rendered{}, refuse(PageSize)
	}
	loaded, err := d.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.reference, Index: index})
	if err != nil {
		return rendered{}, refuse(Damaged)
	}
	if !d.picturesFit(loaded.Page, limits) {
		return rendered{}, refuse(PageSize)
	}
	asked := requests.Page{ByReference: &loaded.Page}
	shown, err := d.RenderPageInDPI(&requests.RenderPageInDPI{Page: asked, DPI: resolution})
	if err != nil {
		return rendered{}, refuse(Damaged)
	}
	flat := flattenPixels(shown.Result.Image)
	shown.Cleanup()
	page.image = flat.image()
	if annotations, err := d.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: asked}); err == nil {
		report.Dropped += annotations.Count
	}
	if err := reading.add(d, asked, flat); err != nil {
		return rendered{}, err
	}
	if _, err := d.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}); err != nil {
		return rendered{}, fmt.Errorf("close page: %w", err)
	}
	return page, nil
}

// flattenPixels copies a rendered page, whose memory is the renderer's, onto white paper.
func flattenPixels(m *image.RGBA) *planes {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	flat := newPlanes(width, height)
	for y := range height {
		row := m.Pix[y*m.Stride : y*m.Stride+4*width]
		for x := range width {
			p := row[4*x : 4*x+4 : 4*x+4]
			paper := 0xff - p[3]
			flat.set(x, y, p[0]+paper, p[1]+paper, p[2]+paper)
		}
	}
	return flat
}

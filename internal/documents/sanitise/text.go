package sanitise

import (
	"image"
	"strings"

	"github.com/klippa-app/go-pdfium/requests"
)

// text collects what can be read on pages.
type text struct{ strings.Builder }

// Limits of the text, which only helps a reviewer to find something.
const (
	textBytes = 1 << 20
	textRuns  = 20_000 // of one page
)

// ink is how much brightness must change within a run of text for it to be
// seen: what is white on white, clipped away or off the page changes nothing.
const ink = 24

// add takes those runs of text on a page that the rendered page shows something of.
func (t *text) add(d document, asked requests.Page, shown *planes) error {
	loaded, err := d.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: asked})
	if err != nil {
		return refuse(Damaged)
	}
	runs, err := d.FPDFText_CountRects(&requests.FPDFText_CountRects{TextPage: loaded.TextPage, Count: -1})
	if err != nil {
		return refuse(Damaged)
	}
	for i := range min(runs.Count, textRuns) {
		box, err := d.FPDFText_GetRect(&requests.FPDFText_GetRect{TextPage: loaded.TextPage, Index: i})
		if err != nil || !shown.inked(d.onPicture(asked, shown, box.Left, box.Top), d.onPicture(asked, shown, box.Right, box.Bottom)) {
			continue
		}
		run, err := d.FPDFText_GetBoundedText(&requests.FPDFText_GetBoundedText{
			TextPage: loaded.TextPage, Left: box.Left, Top: box.Top, Right: box.Right, Bottom: box.Bottom,
		})
		if err == nil && t.Len()+len(run.Text) < textBytes {
			t.WriteString(strings.ToValidUTF8(strings.ReplaceAll(run.Text, "\x00", ""), "") + "\n")
		}
	}
	_, err = d.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage})
	return err
}

// onPicture is where a point of a page lies on the rendered page.
func (d document) onPicture(asked requests.Page, shown *planes, x, y float64) image.Point {
	at, err := d.FPDF_PageToDevice(&requests.FPDF_PageToDevice{
		Page: asked, SizeX: shown.Rect.Dx(), SizeY: shown.Rect.Dy(), PageX: x, PageY: y,
	})
	if err != nil {
		return image.Point{}
	}
	return image.Pt(at.DeviceX, at.DeviceY)
}

// inked tells whether a box between two corners is of more than one brightness.
func (p *planes) inked(one, other image.Point) bool {
	box := image.Rectangle{Min: one, Max: other}.Canon()
	box.Max = box.Max.Add(image.Pt(1, 1))
	box = box.Intersect(p.Rect)
	darkest, brightest := uint8(0xff), uint8(0)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for _, luma := range p.Y[y*p.YStride+box.Min.X : y*p.YStride+box.Max.X] {
			darkest, brightest = min(darkest, luma), max(brightest, luma)
		}
	}
	return darkest < brightest && brightest-darkest >= ink
}

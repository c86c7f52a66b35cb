package sanitise_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

func TestMain(m *testing.M) { documentstest.Main(m) }

func FuzzSniff(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n%%EOF\n"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x04ab\xff\xda\x00\x02xx\xff\x00\xff\xd0\xff\xd9"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND\x00\x00\x00\x00"))
	f.Add(documentstest.Plain(1, "x"))
	f.Fuzz(func(t *testing.T, content []byte) {
		media, err := sanitise.Sniff(content)
		var refusal *sanitise.Refusal
		if err != nil && (!errors.As(err, &refusal) || refusal.Reason == "" || media != "") {
			t.Fatalf("%q, %v", media, err)
		}
		if err != nil {
			return
		}
		for _, behind := range []string{"x", "<html>", "\xff\xd9x", "%PDF-1.7"} {
			if media, err := sanitise.Sniff(append(bytes.Clone(content), behind...)); err == nil {
				t.Fatalf("%s with %q behind it is taken", media, behind)
			}
		}
	})
}

// turnedPhotograph is dark in its first quarter, with the tag Orientation.
func turnedPhotograph(t *testing.T, orientation byte) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 200, 100))
	for y := range 100 {
		for x := range 200 {
			m.SetGray(x, y, color.Gray{Y: 255})
			if x < 100 && y < 50 {
				m.SetGray(x, y, color.Gray{})
			}
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00"
	segment := "\xff\xe1\x00" + string(rune(len(exif)+2)) + exif
	return append([]byte("\xff\xd8"+segment), out.Bytes()[2:]...)
}

// A picture is shown as its camera was held, and nothing else is taken from what goes with it.
func TestPicturesAreTurnedUpright(t *testing.T) {
	// The corner, of top left, top right, bottom right and bottom left, that is dark once upright (Exif 2.3, 4.6.4).
	for orientation, dark := range map[byte]int{1: 0, 2: 1, 3: 2, 4: 3, 5: 0, 6: 1, 7: 2, 8: 3} {
		page := onePage(t, file(t, turnedPhotograph(t, orientation)))
		if got := darkCorner(page); got != dark {
			t.Errorf("orientation %d: corner %d is dark, want %d", orientation, got, dark)
		}
	}
}

// Pages are rendered and encoded at once: they stay whole and in order.
func TestPagesStayInOrder(t *testing.T) {
	p := documentstest.NewPDF()
	p.Tree(4, "")
	for i := range 4 {
		p.Page(10*(i+1), fmt.Sprintf("0 0 %d 100", 100*(i+1)), documentstest.Line("", fmt.Sprintf("page %d", i+1), 10, 50), "")
	}
	var out bytes.Buffer
	report, err := sanitise.File(documentstest.Limits(), documentstest.Sandbox(t).Cache, bytes.NewReader(p.Close("")), &out)
	if err != nil || report.Pages != 4 || report.Text != "page 1\npage 2\npage 3\npage 4\n" {
		t.Fatalf("%+v, %v", report, err)
	}
	again := file(t, out.Bytes())
	rest := string(again)
	for i := range 4 {
		box := fmt.Sprintf("/MediaBox[0 0 %d", 100*(i+1))
		_, after, found := strings.Cut(rest, box)
		if !found {
			t.Fatalf("page %d is not in its place", i+1)
		}
		rest = after
	}
}

// The process itself takes no more than it was told, whoever feeds it.
func TestAFileAboveTheLimitIsNotRead(t *testing.T) {
	limits := documentstest.Limits()
	limits.Bytes = 100
	var refusal *sanitise.Refusal
	_, err := sanitise.File(limits, "", bytes.NewReader(turnedPhotograph(t, 1)), io.Discard)
	if !errors.As(err, &refusal) || refusal.Reason != sanitise.TooLarge {
		t.Errorf("got %v", err)
	}
}

// file sanitises within this process.
func file(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := sanitise.File(documentstest.Limits(), documentstest.Sandbox(t).Cache, bytes.NewReader(content), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// onePage renders a sanitised PDF once more, and gives the picture of its page.
func onePage(t *testing.T, pdf []byte) image.Image {
	t.Helper()
	again := file(t, pdf)
	start := bytes.Index(again, []byte("\xff\xd8\xff"))
	m, err := jpeg.Decode(bytes.NewReader(again[start:]))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// darkCorner of the paper is where what is on it lies.
func darkCorner(m image.Image) int {
	box, size := image.Rectangle{}, m.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if r, _, _, _ := m.At(x, y).RGBA(); r < 0x4000 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	middle := box.Min.Add(box.Max).Div(2)
	right, low := middle.X > size.X/2, middle.Y > size.Y/2
	return slices.Index([]bool{!right && !low, right && !low, right && low, !right && low}, true)
}

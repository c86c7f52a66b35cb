package documents_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"encoding/binary"

	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// canary is a word that stands in one place of a file and nowhere else.
func canary(place string) string { return "CANARY" + strings.ToUpper(place) + "WORD" }

// hiding is where words can hide in a PDF; none may be in its sanitised copy.
func hiding() []string {
	return []string{
		"info", "xmp", "opening", "additional", "named", "attachment", "note", "link", "widget", "layer", "invisible", "white",
		"clipped", "outside", "under", "cropped", "former", "unreferenced", "trailing", "thumbnail", "destination", "label", "tagged", "piece",
	}
}

// hidden is a PDF with a canary in each hiding place and one line to be seen, in two revisions.
func hidden() []byte {
	c := canary
	p := documentstest.NewPDF()
	p.Tree(1, "/Metadata 30 0 R/OpenAction<</S/JavaScript/JS("+c("opening")+")>>/AA<</WC<</S/JavaScript/JS("+c("additional")+")>>>>"+
		"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS("+c("named")+")>>]>>/EmbeddedFiles<</Names[(a.txt) 31 0 R]>>/Dests<</Names[("+c("destination")+")[10 0 R/Fit]]>>>>"+
		"/AcroForm<</Fields[35 0 R]>>/PageLabels<</Nums[0<</P("+c("label")+")>>]>>/StructTreeRoot<</Type/StructTreeRoot/K<</S/P/Alt("+c("tagged")+")>>>>"+
		"/PieceInfo<</X<</Private("+c("piece")+")>>>>/OCProperties<</OCGs[36 0 R]/D<</OFF[36 0 R]>>>>")
	p.Object(10, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/CropBox[0 0 612 780]/Contents 11 0 R/Annots[33 0 R 34 0 R 35 0 R]/Thumb 37 0 R"+
		"/Resources<</Font<</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</I 38 0 R>>/Properties<</L 36 0 R>>>>>>")
	line := documentstest.Line
	content := line("", c("former"), 72, 700)
	p.Stream(11, "", content)
	p.Stream(30, "/Type/Metadata/Subtype/XML", "<x:xmpmeta>"+c("xmp")+"</x:xmpmeta>")
	p.Object(31, "<</Type/Filespec/F(a.txt)/EF<</F 32 0 R>>>>")
	p.Stream(32, "/Type/EmbeddedFile/Filter/FlateDecode", deflated(c("attachment")))
	p.Object(33, "<</Type/Annot/Subtype/Text/Rect[10 10 30 30]/Contents("+c("note")+")>>")
	p.Object(34, "<</Type/Annot/Subtype/Link/Rect[10 40 30 60]/A<</S/URI/URI(https://"+c("link")+".example)>>>>")
	p.Object(35, "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V("+c("widget")+")/Rect[10 70 200 90]>>")
	p.Object(36, "<</Type/OCG/Name(layer)>>")
	p.Stream(37, "/Width 9/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", c("thumbnail"))
	p.Stream(38, "/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", "\x80")
	p.Object(39, "("+c("unreferenced")+")")
	p.Object(40, "<</Title("+c("info")+")/Author("+c("info")+")>>")
	p.Close("/Info 40 0 R/X(" + c("trailing") + ")")
	p.Stream(11, "/Filter/FlateDecode", deflated(line("", "Seen By Everybody", 72, 700)+
		"/OC /L BDC "+line("", c("layer"), 72, 600)+" EMC "+
		line("3 Tr", c("invisible"), 72, 560)+line("1 1 1 rg 0 Tr", c("white"), 72, 520)+
		"q 0 0 1 1 re W n "+line("0 g", c("clipped"), 72, 480)+"Q "+line("0 g", c("outside"), 900, 480)+
		line("0 g", c("cropped"), 72, 782)+line("0 g", c("under"), 72, 300)+"q 600 0 0 60 0 280 cm /I Do Q "))
	return p.Close("/Info 40 0 R")
}

func deflated(text string) string {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return out.String()
}

// everything is a file as it is, and what its packed streams hold.
func everything(content []byte) []byte {
	all := bytes.Clone(content)
	for _, part := range bytes.SplitAfter(content, []byte("stream\n")) {
		if z, err := zlib.NewReader(bytes.NewReader(part)); err == nil {
			inflated, _ := io.ReadAll(z)
			all = append(all, inflated...)
		}
	}
	return all
}

// holds looks for a word in the encodings that documents have.
func holds(content []byte, word string) bool {
	wide := utf16.Encode([]rune(word))
	big := make([]byte, 0, 2*len(wide))
	little := make([]byte, 0, 2*len(wide))
	for _, unit := range wide {
		big, little = binary.BigEndian.AppendUint16(big, unit), binary.LittleEndian.AppendUint16(little, unit)
	}
	for _, form := range []string{word, fmt.Sprintf("%x", word), fmt.Sprintf("%X", word), string(big), string(little)} {
		if bytes.Contains(content, []byte(form)) {
			return true
		}
	}
	return false
}

func TestNothingHiddenSurvives(t *testing.T) {
	w := newWorld(t)
	original := hidden()
	added := w.add(original)
	before, after := everything(original), everything(w.sanitised(added.ID))
	text, err := w.files.Text(t.Context(), added.ID)
	if err != nil || !strings.Contains(text, "Seen By Everybody") {
		t.Fatalf("what is seen is not in the text %q, %v", text, err)
	}
	for _, place := range hiding() {
		if !holds(before, canary(place)) {
			t.Errorf("%s: the original does not hold its canary, so that this shows nothing", place)
		}
		if holds(after, canary(place)) {
			t.Errorf("%s: the sanitised copy holds its canary", place)
		}
		// What lies under a picture has the picture's brightness around it.
		if place != "under" && strings.Contains(text, canary(place)) {
			t.Errorf("%s: the text holds what is not seen", place)
		}
	}
	for _, key := range []string{"/Info", "/Metadata", "/ID", "/Annots", "/JavaScript", "/JS", "/AA", "/OpenAction", "/EmbeddedFile", "/Font", "/OCG", "/Prev", "/Names", "Seen By"} {
		if bytes.Contains(after, []byte(key)) {
			t.Errorf("the sanitised copy holds %s", key)
		}
	}
	if added.Dropped != 3 {
		t.Errorf("%d annotations and fields were dropped", added.Dropped)
	}
}

// The pages look as they did: what is seen is on them, what is hidden is not.
func TestWhatIsSeenStaysSeen(t *testing.T) {
	w := newWorld(t)
	shown := w.sanitised(w.add(hidden()).ID)
	start := bytes.Index(shown, []byte("\xff\xd8\xff"))
	page, err := jpeg.Decode(bytes.NewReader(shown[start:]))
	if err != nil {
		t.Fatal(err)
	}
	// In points from the lower edge; 150 dots per inch, 780 points high.
	inked := func(low, high int) bool {
		for y := (780 - high) * 150 / 72; y < (780-low)*150/72; y++ {
			for x := range page.Bounds().Dx() {
				if r, _, _, _ := page.At(x, y).RGBA(); r < 0x6000 {
					return true
				}
			}
		}
		return false
	}
	if !inked(695, 725) {
		t.Error("what is to be seen is not there")
	}
	if inked(345, 690) || inked(0, 270) || inked(282, 338) {
		t.Error("something hidden is to be seen")
	}
}

// A picture is left with its pixels alone.
func TestPicturesKeepNothingButTheirPixels(t *testing.T) {
	w := newWorld(t)
	m := image.NewRGBA(image.Rect(0, 0, 60, 40))
	for y := range 40 {
		for x := range 60 {
			m.Set(x, y, color.RGBA{R: uint8(4 * x), G: 80, B: uint8(5 * y), A: 255})
		}
	}
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, m, nil); err != nil {
		t.Fatal(err)
	}
	segment := func(marker byte, content string) string {
		return "\xff" + string([]byte{marker, byte((len(content) + 2) >> 8), byte(len(content) + 2)}) + content
	}
	photo := "\xff\xd8" + segment(0xe1, "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x00"+canary("exif")) +
		segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x>"+canary("xmp")+"</x>") + segment(0xe2, "ICC_PROFILE\x00\x01\x01"+canary("icc")) +
		segment(0xed, "Photoshop 3.0\x00"+canary("iptc")) + segment(0xfe, canary("comment")) + plain.String()[2:]
	chunk := func(name, content string) string {
		var out bytes.Buffer
		_ = binary.Write(&out, binary.BigEndian, uint32(len(content)))
		out.WriteString(name + content)
		_ = binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE([]byte(name+content)))
		return out.String()
	}
	base := string(drawing(60, 40))
	scan := base[:33] + chunk("tEXt", "Comment\x00"+canary("comment")) + chunk("eXIf", "MM\x00\x2a"+canary("exif")) +
		chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+canary("xmp")) + chunk("zTXt", "Note\x00\x00"+deflated(canary("packed"))) +
		chunk("iCCP", "p\x00\x00"+deflated(canary("icc"))) + base[33:]
	for name, content := range map[string]string{"photo": photo, "scan": scan} {
		after := everything(w.sanitised(w.add([]byte(content)).ID))
		if holds(after, "CANARY") || bytes.Contains(after, []byte("Exif")) || bytes.Contains(after, []byte("ICC")) || bytes.Contains(after, []byte("xmp")) {
			t.Errorf("%s: something beside the pixels is left", name)
		}
	}
}

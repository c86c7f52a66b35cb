package sanitise

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
)

// Paper that a picture is put on, with a margin, in points: US letter.
const (
	paperShort = 612.0
	paperLong  = 792.0
	margin     = 18.0
)

// picture puts a JPEG or PNG on a page. It is decoded and encoded anew, so that
// nothing but its pixels is left of it.
func picture(limits Limits, media string, content []byte, out io.Writer) (Report, error) {
	dimensions, decode := jpeg.DecodeConfig, jpeg.Decode
	if media == PNG {
		dimensions, decode = png.DecodeConfig, png.Decode
	}
	config, err := dimensions(bytes.NewReader(content))
	switch {
	case err != nil:
		return Report{}, refuse(Damaged)
	case config.Width <= 0 || config.Height <= 0:
		return Report{}, refuse(Damaged)
	case config.Width > limits.Pixels/config.Height:
		return Report{}, refuse(PageSize)
	}
	decoded, err := decode(bytes.NewReader(content))
	if err != nil {
		return Report{}, refuse(Damaged)
	}
	turned := upright
	if media == JPEG {
		turned = orientationOf(content)
	}
	shown, err := encode(flatten(decoded))
	if err != nil {
		return Report{}, err
	}
	w := newPDFWriter(out)
	w.add(onPaper(shown, turned))
	return Report{MediaType: media, Pages: 1}, w.close()
}

// flatten lays a picture on white paper, grey where it has no colour.
func flatten(decoded image.Image) image.Image {
	switch decoded := decoded.(type) {
	case *image.Gray:
		return decoded
	case *image.YCbCr:
		return decoded
	}
	bounds := decoded.Bounds()
	flat := newPlanes(bounds.Dx(), bounds.Dy())
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			r, g, b, a := decoded.At(bounds.Min.X+x, bounds.Min.Y+y).RGBA()
			paper := 0xffff - a
			flat.set(x, y, uint8((r+paper)>>8), uint8((g+paper)>>8), uint8((b+paper)>>8))
		}
	}
	return flat.image()
}

// planes collect a picture in the form that is encoded fastest.
type planes struct {
	*image.YCbCr
	coloured bool
}

func newPlanes(width, height int) *planes {
	p := &planes{YCbCr: image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)}
	for i := range p.Cb {
		p.Cb[i], p.Cr[i] = neutral, neutral
	}
	return p
}

// neutral is the colour of what has none.
const neutral = 128

// colourless is how far apart the parts of a colour may lie that nobody sees.
const colourless = 6

func (p *planes) set(x, y int, r, g, b uint8) {
	if r == g && g == b { // most of a page of print
		p.Y[y*p.YStride+x] = r
		return
	}
	luma, cb, cr := color.RGBToYCbCr(r, g, b)
	p.Y[y*p.YStride+x] = luma
	if max(r, g, b)-min(r, g, b) > colourless {
		p.coloured = true
	}
	if x&1 == 0 && y&1 == 0 {
		at := (y>>1)*p.CStride + x>>1
		p.Cb[at], p.Cr[at] = cb, cr
	}
}

func (p *planes) image() image.Image {
	if p.coloured {
		return p.YCbCr
	}
	return &image.Gray{Pix: p.Y, Stride: p.YStride, Rect: p.Rect}
}

// quality keeps print of six points legible.
const quality = 82

// encode makes a picture of its pixels alone.
func encode(m image.Image) (sheet, error) {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: quality}); err != nil {
		return sheet{}, fmt.Errorf("encode picture: %w", err)
	}
	s := sheet{pixelsWide: m.Bounds().Dx(), pixelsHigh: m.Bounds().Dy(), components: 3, jpeg: out.Bytes()}
	if _, grey := m.(*image.Gray); grey {
		s.components = 1
	}
	return s, nil
}

// onPaper fits a picture onto a page, turned as its camera says.
func onPaper(s sheet, turned orientation) sheet {
	wide, high := float64(s.pixelsWide), float64(s.pixelsHigh)
	if turned.sideways() {
		wide, high = high, wide
	}
	s.width, s.height = paperShort, paperLong
	if wide > high {
		s.width, s.height = paperLong, paperShort
	}
	scale := min((s.width-2*margin)/wide, (s.height-2*margin)/high)
	wide, high = wide*scale, high*scale
	left, bottom := (s.width-wide)/2, (s.height-high)/2
	u := turned.unit()
	s.placing = [6]float64{u[0] * wide, u[1] * high, u[2] * wide, u[3] * high, left + u[4]*wide, bottom + u[5]*high}
	return s
}

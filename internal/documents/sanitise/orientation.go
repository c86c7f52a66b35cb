package sanitise

import (
	"bytes"
	"encoding/binary"
)

// orientation is how a camera was held: the tag Orientation of Exif 2.3, 1 to 8.
// It is the only thing that is read of what goes with a picture.
type orientation int

const upright orientation = 1

// sideways tells whether width and height change places.
func (o orientation) sideways() bool { return o >= 5 }

// unit maps the unit square that a picture is drawn on onto itself, as the
// operator cm takes it.
func (o orientation) unit() [6]float64 {
	return map[orientation][6]float64{
		2: {-1, 0, 0, 1, 1, 0},  // mirrored left to right
		3: {-1, 0, 0, -1, 1, 1}, // upside down
		4: {1, 0, 0, -1, 0, 1},  // mirrored top to bottom
		5: {0, -1, -1, 0, 1, 1}, // mirrored, first row on the left
		6: {0, -1, 1, 0, 0, 1},  // first row on the right
		7: {0, 1, 1, 0, 0, 0},   // mirrored, first row on the right
		8: {0, 1, -1, 0, 1, 0},  // first row on the left
		1: {1, 0, 0, 1, 0, 0},
	}[o]
}

const (
	markerApp1     = 0xe1
	orientationTag = 0x0112
	entryLength    = 12
)

// orientationOf reads the tag; upright when there is none that makes sense.
func orientationOf(content []byte) orientation {
	at := 2
	for at+4 <= len(content) && content[at] == 0xff && content[at+1] != markerScan {
		length := int(binary.BigEndian.Uint16(content[at+2:]))
		if length < 2 || at+2+length > len(content) {
			return upright
		}
		segment := content[at+4 : at+2+length]
		if tiff, exif := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); exif && content[at+1] == markerApp1 {
			return orientationIn(tiff)
		}
		at += 2 + length
	}
	return upright
}

// orientationIn reads the first directory of a TIFF.
func orientationIn(tiff []byte) orientation {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	if len(tiff) < 8 {
		return upright
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entryLength {
			break
		}
		if order.Uint16(entries) == orientationTag {
			if found := orientation(order.Uint16(entries[8:])); found >= 1 && found <= 8 {
				return found
			}
			break
		}
		entries = entries[entryLength:]
	}
	return upright
}

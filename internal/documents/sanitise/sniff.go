package sanitise

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
)

// Media types that are taken.
const (
	PDF  = "application/pdf"
	JPEG = "image/jpeg"
	PNG  = "image/png"
)

// HeadLength is how many bytes Early looks at.
const HeadLength = junkBefore

// signatures of the media types. ISO 32000-2 lets readers skip junk before the
// header of a PDF; here it has to begin the file, as the others do.
func signatures() map[string]string {
	return map[string]string{PDF: "%PDF-", JPEG: "\xff\xd8\xff", PNG: "\x89PNG\r\n\x1a\n"}
}

// Early refuses by its first bytes a file that Sniff would refuse in any case.
func Early(head []byte) error {
	switch {
	case len(head) == 0:
		return refuse(Empty)
	case mediaType(head) == "":
		return refuse(nameless(head))
	default:
		return nil
	}
}

func mediaType(head []byte) string {
	for media, signature := range signatures() {
		if bytes.HasPrefix(head, []byte(signature)) {
			return media
		}
	}
	return ""
}

// Sniff tells the media type of a whole file from its content. A file that can
// be read as another kind too, or that goes on behind its end, is a *Refusal:
// what one programme shows of it is not what another finds in it.
func Sniff(content []byte) (string, error) {
	if err := Early(content); err != nil {
		return "", err
	}
	media := mediaType(content)
	end, whole := 0, false
	switch media {
	case PDF:
		end, whole = pdfEnd(content)
	case JPEG:
		end, whole = jpegEnd(content)
	case PNG:
		end, whole = pngEnd(content)
	}
	if !whole {
		return "", refuse(Damaged)
	}
	if len(bytes.TrimRight(content[end:], "\x00\t\n\f\r ")) > 0 || archive(content) {
		return "", refuse(Ambiguous)
	}
	return media, nil
}

// junkBefore a header is skipped by lenient readers (ISO 32000-1, annex H).
const junkBefore = 1024

// nameless tells a PDF behind junk from what is no PDF.
func nameless(content []byte) Reason {
	if bytes.Contains(content[:min(len(content), junkBefore)], []byte(signatures()[PDF])) {
		return Ambiguous
	}
	return UnknownType
}

// archive tells whether programmes for archives open the file: they look for
// the directory at its end.
func archive(content []byte) bool {
	_, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	return err == nil
}

func pdfEnd(content []byte) (int, bool) {
	const mark = "%%EOF"
	last := bytes.LastIndex(content, []byte(mark))
	return last + len(mark), last >= 0
}

// pngEnd follows the chunks to the last.
func pngEnd(content []byte) (int, bool) {
	const frame = 12 // length, type and checksum of a chunk
	at := len(signatures()[PNG])
	for len(content)-at >= frame {
		length := int64(binary.BigEndian.Uint32(content[at:]))
		name := string(content[at+4 : at+8])
		if length > int64(len(content)-at-frame) {
			return 0, false
		}
		at += frame + int(length)
		if name == "IEND" {
			return at, true
		}
	}
	return 0, false
}

// Markers of JPEG (ISO/IEC 10918-1, table B.1).
const (
	markerEnd   = 0xd9
	markerScan  = 0xda
	markerFirst = 0xd0 // RST0, the first of those that stand alone
	markerStuff = 0x00
)

// jpegEnd follows the segments and scans to the marker that ends the picture.
func jpegEnd(content []byte) (int, bool) {
	at := 2
	for at+1 < len(content) {
		if content[at] != 0xff {
			return 0, false
		}
		marker := content[at+1]
		switch {
		case marker == 0xff: // fill
			at++
			continue
		case marker == markerEnd:
			return at + 2, true
		case at+4 > len(content):
			return 0, false
		}
		at += 2 + int(binary.BigEndian.Uint16(content[at+2:]))
		if marker == markerScan {
			at = scanEnd(content, at)
		}
	}
	return 0, false
}

// scanEnd is where the marker stands that is no part of the picture's data.
func scanEnd(content []byte, at int) int {
	for at < len(content) {
		next := bytes.IndexByte(content[at:], 0xff)
		if next < 0 || at+next+1 >= len(content) {
			return len(content)
		}
		at += next
		marker := content[at+1]
		if marker != markerStuff && marker&0xf8 != markerFirst {
			return at
		}
		at += 2
	}
	return at
}

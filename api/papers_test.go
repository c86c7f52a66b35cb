package api_test

import (
	"bytes"
	"context"
	"io"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/outgoing"
)

// papers are sanitised documents that went through no sanitiser, by id.
type papers map[string]paper

type paper struct {
	api.Document
	raw []byte
}

// shelf is papers beside documents that were taken in.
type shelf struct {
	papers papers
	rows   outgoing.Documents
}

func (s shelf) Document(ctx context.Context, id string) (api.Document, error) {
	if found, ok := s.papers[id]; ok {
		return found.Document, nil
	}
	return s.rows.Document(ctx, id)
}

// drawer is the copies of both that may leave.
type drawer struct {
	papers papers
	files  outgoing.Files
}

func (d drawer) Sanitised(ctx context.Context, id string) (io.ReadCloser, error) {
	if found, ok := d.papers[id]; ok {
		return io.NopCloser(bytes.NewReader(found.raw)), nil
	}
	return d.files.Sanitised(ctx, id)
}

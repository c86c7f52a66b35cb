package api

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// getBundle gives the package of a dispatch for as long as the post may be given it.
func (s *Server) getBundle(w http.ResponseWriter, r *http.Request) {
	raw, err := s.bundle(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.text(w, r, "application/zip", raw)
}

// bundle reads whether the dispatch is open after everything else, right before
// the first byte: who placed a hold before then was told of the dispatch.
func (s *Server) bundle(ctx context.Context, id string) ([]byte, error) {
	found, view, err := s.dispatch(ctx, id, identity.TakeOutBundle)
	if err != nil {
		return nil, err
	}
	of, err := s.packages.PackageOf(ctx, view.RequestID, found.Content)
	if err != nil {
		return nil, fmt.Errorf("read package: %w", err)
	}
	manifest, err := s.packages.Manifest(ctx, of.ID)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	pdf, err := s.packages.PDF(ctx, of.ID)
	if err != nil {
		return nil, fmt.Errorf("read package: %w", err)
	}
	raw, err := bundled(manifest, pdf)
	if err != nil {
		return nil, fmt.Errorf("bundle package: %w", err)
	}
	if found, err = s.dispatches.Dispatch(ctx, id); err != nil {
		return nil, fmt.Errorf("read dispatch: %w", err)
	}
	if !found.Open {
		return nil, newProblem(gateClosed, "")
	}
	return raw, nil
}

// bundled puts both files in one, the same for the same. Neither gets smaller by being packed.
func bundled(manifest, pdf []byte) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, file := range []struct {
		name string
		raw  []byte
	}{{"manifest.json", manifest}, {"package.pdf", pdf}} {
		member, err := archive.CreateHeader(&zip.FileHeader{Name: file.name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := member.Write(file.raw); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
)

// exportHistory writes a request's contact history for a court into a folder,
// as PDF and JSON that its owner alone can read. It replaces no file.
func exportHistory(ctx context.Context, requestID, by, folder string, t terminal) error {
	w, err := world(t, config.Keys)
	if err != nil {
		return err
	}
	exported, err := serve.ExportHistory(ctx, w, requestID, by)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("write contact history: %w", err)
	}
	for name, content := range map[string][]byte{exported.Code + ".json": exported.JSON, exported.Code + ".pdf": exported.PDF} {
		if err := writeNew(filepath.Join(folder, name), content); err != nil {
			return fmt.Errorf("write contact history: %w", err)
		}
	}
	_, err = fmt.Fprintf(t.out, "%s.json and %s.pdf written\n", exported.Code, exported.Code)
	return err
}

func writeNew(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// assets are the static files under an address that names their content, so
// that a browser may keep them for good and a new version has a new address.
type assets struct {
	prefix string
	files  map[string]asset
}

type asset struct {
	media         string
	plain, zipped []byte
}

func loadAssets() (assets, error) {
	files, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		return assets{}, fmt.Errorf("open assets: %w", err)
	}
	loaded, hash := assets{files: map[string]asset{}}, sha256.New()
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%s %d\n", name, len(content))
		hash.Write(content)
		loaded.files[name], err = newAsset(name, content)
		return err
	})
	if err != nil {
		return assets{}, fmt.Errorf("read assets: %w", err)
	}
	loaded.prefix = "/assets/" + hex.EncodeToString(hash.Sum(nil))[:16] + "/"
	return loaded, nil
}

func newAsset(name string, content []byte) (asset, error) {
	var zipped bytes.Buffer
	writer, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return asset{}, err
	}
	if _, err := writer.Write(content); err != nil {
		return asset{}, err
	}
	if err := writer.Close(); err != nil {
		return asset{}, err
	}
	return asset{media: mime.TypeByExtension(path.Ext(name)), plain: content, zipped: zipped.Bytes()}, nil
}

// address of a file, as pages name it.
func (a assets) address(name string) string { return a.prefix + name }

// ServeHTTP serves a file of this version; addresses of other versions are not found.
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, current := strings.CutPrefix(r.URL.Path, a.prefix)
	found, known := a.files[name]
	if !current || !known {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("Content-Type", found.media)
	header.Set("Vary", "Accept-Encoding")
	content := found.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		content = found.zipped
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

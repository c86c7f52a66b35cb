package serve

import (
	"context"
	"fmt"
	"io"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/outgoing"
)

// outgoing are the packages, made of copies that lie in the folder of documents.
func (b *backend) outgoing(world World, files outgoing.Files) *outgoing.Packages {
	return outgoing.New(b.pool, outgoing.Options{
		Vault: b.vault, Clock: world.Clock, People: b.store, Documents: b.documents(world), Files: files,
	})
}

// folderFiles are what a worker makes packages of when it carries on.
func (b *backend) folderFiles(world World) (outgoing.Files, error) {
	if world.Config.Documents.Folder == "" {
		return noFolder{}, nil
	}
	return b.files(world)
}

// noFolder: a process without the folder leaves packages that hold documents to
// one that has it.
type noFolder struct{}

// Sanitised is not to be had here.
func (noFolder) Sanitised(context.Context, string) (io.ReadCloser, error) {
	return nil, fmt.Errorf("no folder of documents: %w", api.ErrUnavailable)
}

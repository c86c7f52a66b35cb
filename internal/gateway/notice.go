package gateway

import (
	"context"

	"github.com/traveldoc/traveldoc/api"
)

// PostNotices tells posts by mail.
type PostNotices interface {
	// TellPost files a notice, without personal data, to the post's address in the
	// directory, and names the mailbox to poke. Telling of one dispatch twice is telling once.
	TellPost(ctx context.Context, dispatch api.Dispatch) (poke []string, err error)
}

// Notice is the way by mail: the post is told that a package comes. The mail
// carries a reference, never the package.
type Notice struct {
	releases Releases
	posts    PostNotices
}

// Depart tells the post.
func (n Notice) Depart(ctx context.Context, dispatch api.Dispatch) ([]string, error) {
	if err := n.releases.Release(ctx, dispatch); err != nil {
		return nil, err
	}
	return n.posts.TellPost(ctx, dispatch)
}

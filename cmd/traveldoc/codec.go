package main

import (
	"context"
	"fmt"
	"net"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
)

// runCodec serves what the Temporal UI needs to show sealed payloads.
func runCodec(ctx context.Context, args []string, t terminal) error {
	if len(args) > 0 {
		return errUsage
	}
	w, err := world(t, config.CodecServer)
	if err != nil {
		return err
	}
	codec, err := serve.NewCodec(ctx, w)
	if err != nil {
		return err
	}
	defer codec.Close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", w.Config.Codec.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	w.Log.InfoContext(ctx, "codec serves", "address", listener.Addr().String())
	return serve.HTTP(ctx, listener, codec, w.Config.StopTimeout)
}

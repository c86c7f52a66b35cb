package engine

import (
	"context"
	"log/slog"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// silence is above every level.
const silence = slog.LevelError + 1

// logger writes the server's log to slog, from a level that can be changed: the
// parts of a server that starts or stops warn about each other's absence, which
// is no news.
type logger struct {
	to     *slog.Logger
	lowest *atomic.Int64
}

func newLogger(to *slog.Logger) logger {
	l := logger{to: to, lowest: &atomic.Int64{}}
	l.from(slog.LevelError)
	return l
}

func (l logger) from(level slog.Level) { l.lowest.Store(int64(level)) }

var (
	_ log.Logger     = logger{}
	_ log.WithLogger = logger{}
)

func (l logger) Debug(msg string, tags ...tag.Tag) { l.write(slog.LevelDebug, msg, tags) }
func (l logger) Info(msg string, tags ...tag.Tag)  { l.write(slog.LevelInfo, msg, tags) }
func (l logger) Warn(msg string, tags ...tag.Tag)  { l.write(slog.LevelWarn, msg, tags) }
func (l logger) Error(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }

// DPanic is the server's mark for a broken invariant that production survives.
func (l logger) DPanic(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }

func (l logger) Panic(msg string, tags ...tag.Tag) {
	l.write(slog.LevelError, msg, tags)
	panic(msg)
}

// Fatal ends the process like Panic: the server calls it where it cannot go on.
func (l logger) Fatal(msg string, tags ...tag.Tag) { l.Panic(msg, tags...) }

func (l logger) With(tags ...tag.Tag) log.Logger {
	return logger{to: slog.New(l.to.Handler().WithAttrs(attributes(tags))), lowest: l.lowest}
}

func (l logger) write(level slog.Level, msg string, tags []tag.Tag) {
	ctx := context.Background()
	if int64(level) >= l.lowest.Load() && l.to.Enabled(ctx, level) {
		l.to.LogAttrs(ctx, level, msg, attributes(tags)...)
	}
}

func attributes(tags []tag.Tag) []slog.Attr {
	attributes := make([]slog.Attr, 0, len(tags))
	for _, tag := range tags {
		attributes = append(attributes, slog.Any(tag.Key(), tag.Value()))
	}
	return attributes
}

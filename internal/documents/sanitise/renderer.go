package sanitise

import (
	"context"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// The renderer is PDFium, compiled to WebAssembly: whatever a file makes of it
// happens in a memory of its own, with no files, clock or network.

// wasmPage is the unit of WebAssembly memory, in bytes.
const wasmPage = 64 << 10

// renderer opens PDFium with at most so many bytes of memory. The closer gives them back.
func renderer(ctx context.Context, memory int64, cache string) (pdfium.Pdfium, func(), error) {
	config := wazero.NewRuntimeConfigCompiler().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(uint32(memory / wasmPage))
	if cache != "" {
		compiled, err := wazero.NewCompilationCacheWithDir(cache)
		if err != nil {
			return nil, nil, fmt.Errorf("open compiled renderer: %w", err)
		}
		config = config.WithCompilationCache(compiled)
	}
	pool, err := webassembly.Init(webassembly.Config{
		Context: experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(reserve)), MaxIdle: 1, MaxTotal: 1,
		RuntimeConfig: config, FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("start renderer: %w", err)
	}
	instance, err := pool.GetInstance(time.Minute)
	if err != nil {
		return nil, nil, fmt.Errorf("start renderer: %w", err)
	}
	return instance, func() { _ = pool.Close() }, nil
}

// reserved is memory that grows in place: what is not yet used costs nothing,
// and growing copies nothing.
type reserved []byte

func reserve(_, most uint64) experimental.LinearMemory {
	memory, err := syscall.Mmap(-1, 0, int(most), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return reserved(nil)
	}
	return reserved(memory)
}

// Reallocate makes the first bytes usable; nil when there is no more to be had.
func (r reserved) Reallocate(size uint64) []byte {
	if size > uint64(len(r)) || size == 0 {
		return r[:0]
	}
	if syscall.Mprotect(r[:size], syscall.PROT_READ|syscall.PROT_WRITE) != nil {
		return nil
	}
	return r[:size:size]
}

// Free gives the memory back.
func (r reserved) Free() { _ = syscall.Munmap(r) }

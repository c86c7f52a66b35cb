package documents_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

// scan is what a scanner makes of so many pages of print: a picture each, of
// 200 dots per inch, with the noise of paper.
func scan(pages int) []byte {
	draw := rand.New(rand.NewPCG(1, 2))
	m := image.NewYCbCr(image.Rect(0, 0, 1700, 2200), image.YCbCrSubsampleRatio420)
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = 128, 128
	}
	for i := range m.Y {
		x, y := i%m.YStride, i/m.YStride
		m.Y[i] = uint8(235 + draw.IntN(8))
		if (y/20)%3 == 0 && (x/7)%4 != 0 && draw.IntN(3) > 0 {
			m.Y[i] = uint8(30 + draw.IntN(60))
		}
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, m, &jpeg.Options{Quality: 50}); err != nil {
		panic(err)
	}
	p := documentstest.NewPDF()
	p.Tree(pages, "")
	for i := range pages {
		n := 10 * (i + 1)
		p.Object(n, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R/Resources<</XObject<</I %d 0 R>>>>>>", n+1, n+2))
		p.Stream(n+1, "", "q 612 0 0 792 0 0 cm /I Do Q")
		p.Stream(n+2, "/Type/XObject/Subtype/Image/Width 1700/Height 2200/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/DCTDecode", photo.String())
	}
	return p.Close("")
}

// BenchmarkSanitise reads fifty scanned pages in a process of its own, and tells the most memory that it had.
func BenchmarkSanitise(b *testing.B) {
	content, sandbox := scan(50), documentstest.Sandbox(b)
	limits := sanitise.Limits{Bytes: 64 << 20, Pages: 100, Pixels: 40_000_000, Memory: 768 << 20, Seconds: 60}
	b.SetBytes(int64(len(content)))
	most, spent := 0, time.Duration(0)
	for b.Loop() {
		process := exec.CommandContext(b.Context(), sandbox.Program[0], limits.Arguments(sandbox.Cache)...)
		said := &bytes.Buffer{}
		process.Stdin, process.Stderr, process.Env = bytes.NewReader(content), said, []string{}
		if err := process.Start(); err != nil {
			b.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- process.Wait() }()
		for running := true; running; {
			select {
			case err := <-ended:
				if running = false; err != nil || !bytes.Contains(said.Bytes(), []byte(`"pages":50`)) {
					b.Fatalf("%v: %s", err, said)
				}
			case <-time.After(5 * time.Millisecond):
				most = max(most, peak(process.Process.Pid))
			}
		}
		spent += process.ProcessState.UserTime() + process.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(most)/1024, "MiB-peak")
	b.ReportMetric(float64(len(content))/(1<<20), "MiB-in")
	b.ReportMetric(spent.Seconds()/float64(b.N), "s-cpu/op")
}

// peak is the most memory that a process had, in KiB. What the kernel tells of
// an ended process counts that of the process which started it.
func peak(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kib int
	_, _ = fmt.Sscan(string(after), &kib)
	return kib
}

package ports_test

import (
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
)

func TestCheckNamesTheHolderOfATakenPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port

	err = ports.Check(port, "the API", "--api-port")
	if err == nil {
		t.Fatal("a taken port passed")
	}
	for _, part := range []string{strconv.Itoa(port), "the API", "process " + strconv.Itoa(os.Getpid()), "--api-port"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not mention %q", err, part)
		}
	}
}

func TestCheckAcceptsAFreePort(t *testing.T) {
	port, err := ports.Free()
	if err != nil {
		t.Fatal(err)
	}
	if err := ports.Check(port, "the API", "--api-port"); err != nil {
		t.Fatal(err)
	}
}

func TestCheckRefusesPortsThatDoNotExist(t *testing.T) {
	for _, port := range []int{-1, 0, 65536} {
		if err := ports.Check(port, "the API", "--api-port"); err == nil {
			t.Errorf("port %d passed", port)
		}
	}
}

// What a start settled before it used it is not found again by one of its parts.
func TestNoPortIsGivenAwayTwice(t *testing.T) {
	var given []int
	for range 50 {
		named, err := ports.Free(given...)
		if err != nil {
			t.Fatal(err)
		}
		inner, err := ports.Inner(given...)
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range []int{named, inner} {
			if slices.Contains(given, port) || named == inner {
				t.Errorf("port %d is given away twice", port)
			}
		}
		given = append(given, named, inner)
	}
	if named, inner := free(t, ports.Free), free(t, ports.Inner); named >= 26000 || inner < 26000 {
		t.Errorf("ports %d and %d are of one range", named, inner)
	}
}

func free(t *testing.T, find func(...int) (int, error)) int {
	t.Helper()
	port, err := find()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

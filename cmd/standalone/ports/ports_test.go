package ports_test

import (
	"net"
	"os"
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

package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// owner is the operating system user as whom the server runs. PostgreSQL
// refuses to run as root, so root hands it to the unprivileged user that the
// distribution's package made.
type owner struct {
	name       string
	credential *syscall.Credential
}

func chooseOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{}, nil
	}
	const name = "postgres"
	account, err := user.Lookup(name)
	if err != nil {
		return owner{}, fmt.Errorf("PostgreSQL does not run as root and there is no user %q to run it as; "+
			"make one (useradd --system %s) or start as an ordinary user", name, name)
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if uidErr != nil || gidErr != nil {
		return owner{}, fmt.Errorf("user %q has no numeric id", name)
	}
	return owner{name: name, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// own gives a folder of ours to the owner and checks that the owner can reach
// it, which fails below a home folder of mode 0700.
func (o owner) own(ctx context.Context, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make %s: %w", folder, err)
	}
	if o.credential == nil {
		return nil
	}
	if err := os.Chown(folder, int(o.credential.Uid), int(o.credential.Gid)); err != nil {
		return fmt.Errorf("give %s to %s: %w", folder, o.name, err)
	}
	if err := o.command(ctx, "test", "-w", folder).Run(); err != nil {
		return fmt.Errorf("PostgreSQL runs as user %s, who cannot enter %s; choose a folder that user can reach with TRAVELDOC_STATE",
			o.name, filepath.Dir(folder))
	}
	return nil
}

// command prepares a program that runs as the owner, in a session of its own so
// that Ctrl-C in the terminal reaches us alone and we stop things in order.
func (o owner) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = "/"
	command.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "TZ=UTC"}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential, Setsid: true}
	return command
}

// run runs the program to its end; a failure carries the last line it wrote.
func (o owner) run(ctx context.Context, program string, args ...string) error {
	out, err := o.command(ctx, program, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, lastLine(string(out)))
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

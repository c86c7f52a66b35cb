package vault_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/vault"
)

func TestAMasterFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.json")
	reference := "file://" + path
	if _, err := vault.OpenMasters(t.Context(), []string{reference}); err == nil {
		t.Error("a missing file is taken")
	}
	if created, err := vault.CreateMasterFile(reference); !created || err != nil {
		t.Fatal(created, err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if created, err := vault.CreateMasterFile(reference); created || err != nil {
		t.Errorf("created again: %v, %v", created, err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(after, content) {
		t.Error("creating again replaced the keys")
	}
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o660} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.OpenMasters(t.Context(), []string{reference}); err == nil || !strings.Contains(err.Error(), "0600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenMasters(t.Context(), []string{reference}); err != nil {
		t.Errorf("mode 600: %v", err)
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	if len(left) != 1 {
		t.Errorf("%d files lie in the folder", len(left))
	}
}

func TestReferencesThatNameNoMasterKey(t *testing.T) {
	damaged := filepath.Join(t.TempDir(), "damaged.json")
	if err := os.WriteFile(damaged, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, references := range [][]string{
		nil, {""}, {"/var/lib/master.json"}, {"file://host/master.json"}, {"file:master.json"}, {"https://kms.example/key"},
		{"file://" + damaged}, {"file://" + t.TempDir()}, {"aws-kms://not-an-arn"},
	} {
		if _, err := vault.OpenMasters(t.Context(), references); err == nil {
			t.Errorf("%v is taken", references)
		}
	}
}

// kms answers as AWS KMS does, with a key that only counts.
func kms(t *testing.T) {
	t.Helper()
	const mark = "sealed by the service:"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			KeyID             string `json:"KeyId"`
			Plaintext         []byte
			CiphertextBlob    []byte
			EncryptionContext map[string]string
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &call); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		bound := mark + call.KeyID + call.EncryptionContext["associatedData"] + ":"
		answer := map[string]any{"KeyId": call.KeyID}
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Encrypt") {
			answer["CiphertextBlob"] = append([]byte(bound), call.Plaintext...)
		} else {
			plaintext, ok := bytes.CutPrefix(call.CiphertextBlob, []byte(bound))
			if !ok {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"__type":"InvalidCiphertextException"}`)
				return
			}
			answer["Plaintext"] = plaintext
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_KMS": server.URL, "AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY": "invented",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
}

func TestAKeyServiceByReference(t *testing.T) {
	kms(t)
	w := newWorld(t)
	p := w.person("Example", "A012345678")
	service := "aws-kms://arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/invented"
	moving := w.process(service, w.reference)
	if err := moving.RotateMaster(t.Context(), silent); err != nil {
		t.Fatal(err)
	}
	alone := w.process(service)
	w.check(alone, p)
	if used, err := alone.InUse(t.Context()); err != nil || len(used) != 1 || used[service] != 3 {
		t.Errorf("in use: %v, %v", used, err)
	}
	if err := moving.RotateMaster(t.Context(), silent); err == nil || !strings.Contains(err.Error(), "name a new one") {
		t.Errorf("rotating to nowhere: %v", err)
	}
	back := w.process(w.reference, service)
	if err := back.RotateMaster(t.Context(), silent); err != nil {
		t.Fatal(err)
	}
	w.check(w.process(w.reference), p)
}

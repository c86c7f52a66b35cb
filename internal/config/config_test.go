package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/config"
)

func from(values map[string]string) config.Source {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func workerSettings() map[string]string {
	return map[string]string{
		"DATABASE_URL":               "postgres://traveldoc@localhost/traveldoc",
		"TRAVELDOC_PUBLIC_URL":       "https://traveldoc.example/",
		"TRAVELDOC_TEMPORAL_ADDRESS": "localhost:7233",
		"TRAVELDOC_MASTER_KEYS":      "file:///var/lib/traveldoc/master.json",
		"TRAVELDOC_SENDGRID_KEY":     "invented",
		"TRAVELDOC_MAIL_FROM":        "desk@traveldoc.example",
		"TRAVELDOC_AUDIT_KEY_FILE":   "/var/lib/traveldoc-audit-key/audit.key",
		"TRAVELDOC_AUDIT_FOLDER":     "/var/lib/traveldoc-audit",
	}
}

func TestWorkerSettings(t *testing.T) {
	c, err := config.Load(from(workerSettings()), config.Worker)
	if err != nil {
		t.Fatal(err)
	}
	if c.PublicURL != "https://traveldoc.example" || c.Temporal.Namespace != "traveldoc" || c.StopTimeout != 30*time.Second {
		t.Errorf("unexpected settings: %+v", c)
	}
}

func TestEveryFaultIsNamedAtOnce(t *testing.T) {
	settings := workerSettings()
	delete(settings, "DATABASE_URL")
	delete(settings, "TRAVELDOC_SENDGRID_KEY")
	settings["TRAVELDOC_PUBLIC_URL"] = "traveldoc"
	settings["TRAVELDOC_STOP_TIMEOUT"] = "-1s"
	settings["TRAVELDOC_WORKFLOW_CACHE"] = "many"
	_, err := config.Load(from(settings), config.Worker)
	if err == nil {
		t.Fatal("faulty settings were accepted")
	}
	for _, name := range []string{
		"DATABASE_URL", "TRAVELDOC_SENDGRID_KEY", "TRAVELDOC_PUBLIC_URL", "TRAVELDOC_STOP_TIMEOUT", "TRAVELDOC_WORKFLOW_CACHE",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

func TestSecretsHaveNoDefault(t *testing.T) {
	for part, secrets := range map[config.Part][]string{
		config.Database: {"DATABASE_URL"},
		config.Keys:     {"DATABASE_URL", "TRAVELDOC_MASTER_KEYS"},
		config.API:      {"DATABASE_URL", "TRAVELDOC_MASTER_KEYS", "TRAVELDOC_OIDC_ISSUER", "TRAVELDOC_OIDC_AUDIENCE"},
		config.Worker:   {"DATABASE_URL", "TRAVELDOC_MASTER_KEYS", "TRAVELDOC_SENDGRID_KEY", "TRAVELDOC_AUDIT_KEY_FILE"},
		config.AuditKey: {"DATABASE_URL", "TRAVELDOC_AUDIT_KEY_FILE"},
		config.Verify:   {"DATABASE_URL", "TRAVELDOC_AUDIT_VERIFIER"},
	} {
		_, err := config.Load(from(nil), part)
		for _, secret := range secrets {
			if err == nil || !strings.Contains(err.Error(), secret) {
				t.Errorf("part %d starts without %s: %v", part, secret, err)
			}
		}
	}
}

func TestSecretFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	settings := workerSettings()
	delete(settings, "TRAVELDOC_SENDGRID_KEY")
	settings["TRAVELDOC_SENDGRID_KEY_FILE"] = file
	for _, c := range []struct {
		name    string
		mode    os.FileMode
		content string
		refused bool
	}{
		{"owner only", 0o600, "invented\n", false},
		{"readable by others", 0o644, "invented\n", true},
		{"empty", 0o600, "\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, c.mode); err != nil {
				t.Fatal(err)
			}
			loaded, err := config.Load(from(settings), config.Worker)
			if (err != nil) != c.refused {
				t.Fatalf("refused: %v, want %v", err, c.refused)
			}
			if err == nil && loaded.Mail.APIKey != "invented" {
				t.Errorf("key is %q", loaded.Mail.APIKey)
			}
		})
	}
}

func TestDocumentLimitsAreJudged(t *testing.T) {
	settings := workerSettings()
	settings["TRAVELDOC_OIDC_ISSUER"], settings["TRAVELDOC_OIDC_AUDIENCE"] = "https://idp.example", "traveldoc"
	_, err := config.Load(from(settings), config.API)
	if err == nil || !strings.Contains(err.Error(), "TRAVELDOC_DOCUMENTS ") {
		t.Errorf("without a folder: %v", err)
	}
	settings["TRAVELDOC_DOCUMENTS"] = "/var/lib/documents"
	loaded, err := config.Load(from(settings), config.API)
	if err != nil || loaded.Documents != config.DefaultDocuments("/var/lib/documents") {
		t.Errorf("%+v, %v", loaded.Documents, err)
	}
	for name, value := range map[string]string{
		"TRAVELDOC_DOCUMENT_MEGABYTES": "0", "TRAVELDOC_DOCUMENT_PAGES": "-1", "TRAVELDOC_DOCUMENT_MEGAPIXELS": "many",
		"TRAVELDOC_DOCUMENT_MEMORY": "100", "TRAVELDOC_DOCUMENT_TIME": "0s", "TRAVELDOC_DOCUMENTS_AT_ONCE": "0",
		"TRAVELDOC_DOCUMENTS_OF_PERSON": "9999999999", "TRAVELDOC_DOCUMENTS_OF_REQUEST": "0",
	} {
		settings[name] = value
		if _, err := config.Load(from(settings), config.API); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
		delete(settings, name)
	}
}

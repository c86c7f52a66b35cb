package traveldoc_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// composeSecrets are what the compose file must ask for; the values are invented here.
func composeSecrets() []string {
	return []string{
		"POSTGRES_PASSWORD=invented1", "TRAVELDOC_DB_PASSWORD=invented2", "TRAVELDOC_MASTER_KEYS=aws-kms://invented", "TEMPORAL_DB_PASSWORD=invented3",
		"TRAVELDOC_PUBLIC_URL=https://traveldoc.example", "TRAVELDOC_OIDC_ISSUER=https://idp.example",
		"TRAVELDOC_OIDC_AUDIENCE=traveldoc", "TRAVELDOC_SENDGRID_WEBHOOK_KEYS=invented4",
		"TRAVELDOC_SENDGRID_KEY=invented5", "TRAVELDOC_MAIL_FROM=desk@traveldoc.example",
	}
}

func loadCompose(t *testing.T, environment []string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"docker-compose.yml"},
		cli.WithEnv(environment), cli.WithProfiles([]string{"*"}), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(t.Context())
}

func TestComposeServices(t *testing.T) {
	project, err := loadCompose(t, composeSecrets())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"postgres", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui", "migrate", "api", "worker", "maildrop", "idp",
	} {
		if _, err := project.GetService(name); err != nil {
			t.Errorf("service %s is missing: %v", name, err)
		}
	}
	pinned := regexp.MustCompile(`^[a-z/-]+:\d+\.\d+(\.\d+)?$`)
	oneShot := map[string]bool{"temporal-schema": true, "temporal-namespace": true, "migrate": true, "temporal-ui": true}
	for name, service := range project.Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q, not on loopback", name, port.Published, port.HostIP)
			}
		}
		if service.Build == nil && !pinned.MatchString(service.Image) {
			t.Errorf("%s runs %q, which is not a pinned version", name, service.Image)
		}
		if service.HealthCheck == nil && !oneShot[name] {
			t.Errorf("%s has no health check", name)
		}
	}
}

func TestComposeTrialPartsStayOutOfProduction(t *testing.T) {
	project, err := loadCompose(t, composeSecrets())
	if err != nil {
		t.Fatal(err)
	}
	for name, service := range project.Services {
		trial := service.Build != nil && service.Build.Target == "trial"
		if trial != (len(service.Profiles) == 1 && service.Profiles[0] == "trial") {
			t.Errorf("%s: target and profile disagree about being for trial only", name)
		}
	}
}

func TestComposeHasNoDefaultSecret(t *testing.T) {
	all := composeSecrets()
	for i, setting := range all {
		name, _, _ := strings.Cut(setting, "=")
		without := append(append([]string{}, all[:i]...), all[i+1:]...)
		if _, err := loadCompose(t, without); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the file loads without %s: %v", name, err)
		}
	}
	content, err := os.ReadFile("docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(PASSWORD|KEY|SECRET)[A-Z_]*:-`).FindAllString(string(content), -1); found != nil {
		t.Errorf("secrets with a default: %v", found)
	}
}

package traveldoc_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/traveldoc/traveldoc/internal/config"
)

// composeSecrets are what the compose file must ask for; the values are invented here.
func composeSecrets() []string {
	return []string{
		"POSTGRES_PASSWORD=invented1", "TRAVELDOC_DB_PASSWORD=invented2", "TRAVELDOC_API_DB_PASSWORD=invented7", "TRAVELDOC_WORKER_DB_PASSWORD=invented8",
		"TRAVELDOC_MASTER_KEYS=aws-kms://invented",
		"TEMPORAL_DB_PASSWORD=invented3",
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

func composed(t *testing.T) *types.Project {
	t.Helper()
	project, err := loadCompose(t, composeSecrets())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeServices(t *testing.T) {
	project := composed(t)
	for _, name := range []string{
		"postgres", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui", "migrate", "api", "worker", "maildrop", "idp",
	} {
		if _, err := project.GetService(name); err != nil {
			t.Errorf("service %s is missing: %v", name, err)
		}
	}
	for name, service := range project.Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q, not on loopback", name, port.Published, port.HostIP)
			}
		}
	}
}

// Whoever waits for a service knows whether it ends or has to be well.
func TestComposeServicesThatStayAreWatched(t *testing.T) {
	project := composed(t)
	ends := map[string]bool{}
	for _, service := range project.Services {
		for awaited, how := range service.DependsOn {
			ends[awaited] = ends[awaited] || how.Condition == types.ServiceConditionCompletedSuccessfully
		}
	}
	for name, service := range project.Services {
		if service.HealthCheck == nil && !ends[name] {
			t.Errorf("%s has no health check", name)
		}
	}
}

// imageTags are the versions of what this project runs elsewhere itself.
func imageTags(t *testing.T) map[string]string {
	t.Helper()
	content, err := os.ReadFile("cmd/standalone/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := func(module string) string {
		found := regexp.MustCompile(regexp.QuoteMeta(module) + ` v([\d.]+)\n`).FindSubmatch(content)
		if found == nil {
			t.Fatalf("the standalone does not require %s", module)
		}
		return string(found[1])
	}
	engine := version("go.temporal.io/server")
	return map[string]string{
		"temporalio/server": engine, "temporalio/admin-tools": engine, "temporalio/ui": version("github.com/temporalio/ui-server/v2"),
	}
}

func TestComposeImagesArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^(postgres|temporalio/[a-z-]+):(\d+\.\d+(?:\.\d+)?)$`)
	tested := imageTags(t)
	for name, service := range composed(t).Services {
		if service.Build != nil {
			continue
		}
		image := pinned.FindStringSubmatch(service.Image)
		if image == nil {
			t.Errorf("%s runs %q, which is no pinned version of an official image", name, service.Image)
		} else if want, ok := tested[image[1]]; ok && image[2] != want {
			t.Errorf("%s runs version %s and the tests %s", name, image[2], want)
		}
	}
	content, err := os.ReadFile("deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM ([a-z]+:\S+)`).FindAllStringSubmatch(string(content), -1) {
		if !regexp.MustCompile(`^[a-z]+:\d+\.\d+(\.\d+)?-[a-z]+$`).MatchString(from[1]) {
			t.Errorf("the images are built from %s, which is no pinned version", from[1])
		}
	}
}

func TestComposeSettingsAreEnoughForEachPart(t *testing.T) {
	project := composed(t)
	for name, part := range map[string]config.Part{"migrate": config.Database, "api": config.API, "worker": config.Worker} {
		settings := project.Services[name].Environment
		_, err := config.Load(func(variable string) (string, bool) {
			value := settings[variable]
			if value == nil {
				return "", false
			}
			return *value, true
		}, part)
		if err != nil {
			t.Errorf("%s would not start: %v", name, err)
		}
	}
}

// Who owns the tables could drop what guards them, so no process that serves is
// given that login.
func TestComposeGivesTheOwnersLoginToMigrationsAlone(t *testing.T) {
	logins := map[string]string{"migrate": "traveldoc", "api": "traveldoc_api", "worker": "traveldoc_worker"}
	for name, service := range composed(t).Services {
		given := service.Environment["DATABASE_URL"]
		if given == nil {
			continue
		}
		address, err := url.Parse(*given)
		if err != nil {
			t.Fatal(err)
		}
		if login := address.User.Username(); login != logins[name] {
			t.Errorf("%s works as %q, want %q", name, login, logins[name])
		}
	}
}

func TestComposeTrialPartsStayOutOfProduction(t *testing.T) {
	for name, service := range composed(t).Services {
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
	secret := regexp.MustCompile(`PASSWORD|PWD|KEY|SECRET`)
	for name, service := range composed(t).Services {
		for variable, value := range service.Environment {
			// A path tells nothing of what lies there.
			if secret.MatchString(variable) && !strings.HasSuffix(variable, "_FILE") && value != nil && !strings.Contains(*value, "invented") {
				t.Errorf("%s is given %s by the file itself", name, variable)
			}
		}
	}
	content, err := os.ReadFile("docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(PASSWORD|PWD|KEY|SECRET)[A-Z_]*:?-`).FindAllString(string(content), -1); found != nil {
		t.Errorf("secrets with a default: %v", found)
	}
}

// The server of the official image does not start without this file.
func TestComposeGivesTheEngineItsRunTimeSettings(t *testing.T) {
	engine := composed(t).Services["temporal"]
	path := engine.Environment["DYNAMIC_CONFIG_FILE_PATH"]
	if path == nil {
		t.Fatal("no file of run-time settings is named")
	}
	for _, volume := range engine.Volumes {
		if name, below := strings.CutPrefix(*path, volume.Target+"/"); below {
			if _, err := os.Stat(filepath.Join(volume.Source, name)); err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Errorf("%s is mounted from nowhere", *path)
}

// What is uploaded or exported outlives the container that took it.
func TestComposeKeepsFilesInVolumes(t *testing.T) {
	services := composed(t).Services
	for service, variable := range map[string]string{"api": "TRAVELDOC_DOCUMENTS", "worker": "TRAVELDOC_AUDIT_FOLDER"} {
		folder := services[service].Environment[variable]
		if !slices.ContainsFunc(services[service].Volumes, func(volume types.ServiceVolumeConfig) bool {
			return folder != nil && volume.Target == *folder && volume.Type == types.VolumeTypeVolume && !volume.ReadOnly
		}) {
			t.Errorf("the folder of %s is no volume that the %s may write to", variable, service)
		}
	}
}

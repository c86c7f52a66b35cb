package engine

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"

	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
)

const (
	mainStore       = "main"
	visibilityStore = "visibility"
	clusterName     = "active"

	// Fixed when the databases are made. Sixteen keeps two cores busy without
	// making an idle engine poll.
	historyShards = 16

	// Per service and store; four services share the cluster's 200 connections
	// with traveldoc itself.
	mainConnections       = 20
	visibilityConnections = 6

	// How soon the server's parts see a new namespace or search attribute.
	namespaceRefresh = time.Second

	// No rate limit of the engine's own shall shape a load on one machine.
	unlimited = 1_000_000
)

// listeners are the ports on which the server's four parts find each other.
type listeners map[primitives.ServiceName]int

func chooseListeners(frontend int) (listeners, error) {
	chosen := listeners{primitives.FrontendService: frontend}
	for _, name := range []primitives.ServiceName{primitives.HistoryService, primitives.MatchingService, primitives.WorkerService} {
		port, err := ports.Inner(slices.Collect(maps.Values(chosen))...)
		if err != nil {
			return nil, err
		}
		chosen[name] = port
	}
	return chosen, nil
}

func (l listeners) services() map[string]config.Service {
	services := map[string]config.Service{}
	for name, port := range l {
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: ports.Loopback}}
	}
	return services
}

// hosts names every service's one address, so that the engine needs no
// membership protocol and a restart after a kill waits for no stale member.
func (l listeners) hosts() map[primitives.ServiceName]static.Hosts {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, port := range l {
		hosts[name] = static.SingleLocalHost(address(port))
	}
	return hosts
}

func address(port int) string { return net.JoinHostPort(ports.Loopback, strconv.Itoa(port)) }

func serverConfig(listen listeners, stores Stores) (*config.Config, error) {
	main, err := connection(stores.Main)
	if err != nil {
		return nil, err
	}
	visibility, err := connection(stores.Visibility)
	if err != nil {
		return nil, err
	}
	limit(main, mainConnections)
	limit(visibility, visibilityConnections)
	frontend := address(listen[primitives.FrontendService])
	disabled := config.ArchivalNamespaceDefaults{
		History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
		Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
	}
	return &config.Config{
		Services: listen.services(),
		Persistence: config.Persistence{
			DefaultStore:     mainStore,
			VisibilityStore:  visibilityStore,
			NumHistoryShards: historyShards,
			DataStores: map[string]config.DataStore{
				mainStore:       {SQL: main},
				visibilityStore: {SQL: visibility},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: disabled},
		PublicClient:      config.PublicClient{HostPort: frontend},
	}, nil
}

func limit(store *config.SQL, connections int) {
	store.MaxConns = connections
	store.MaxIdleConns = connections
	store.MaxConnLifetime = time.Hour
}

// dynamicSettings are the server's run-time settings that differ from its
// defaults.
func dynamicSettings() dynamicconfig.StaticClient {
	settings := dynamicconfig.StaticClient{
		dynamicconfig.WorkflowTimeSkippingEnabled.Key(): true,
		// A skip per timer and per fast-forward step: the default of 100 ends
		// long lives early.
		dynamicconfig.WorkflowTimeSkippingMaxSkipPerSession.Key(): 100_000,
		// A new timer is never set earlier than this after the queue's read
		// level. The default of 1 s guards against clocks of several machines
		// that differ; here is one machine.
		dynamicconfig.TimerProcessorMaxTimeShift.Key():    10 * time.Millisecond,
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): namespaceRefresh,
		// A run that follows one of less than this begins late. In runs that
		// skipped time the engine counts the skipped time twice, so that it takes
		// every run for a short one and lets the next begin years later.
		dynamicconfig.WorkflowIdReuseMinimalInterval.Key(): time.Duration(0),
	}
	for _, rate := range []dynamicconfig.Key{
		dynamicconfig.FrontendRPS.Key(),
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key(),
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(),
		dynamicconfig.FrontendPersistenceMaxQPS.Key(),
		dynamicconfig.HistoryRPS.Key(),
		dynamicconfig.HistoryPersistenceMaxQPS.Key(),
		dynamicconfig.MatchingRPS.Key(),
		dynamicconfig.MatchingPersistenceMaxQPS.Key(),
		dynamicconfig.VisibilityPersistenceMaxReadQPS.Key(),
		dynamicconfig.VisibilityPersistenceMaxWriteQPS.Key(),
	} {
		settings[rate] = unlimited
	}
	return settings
}

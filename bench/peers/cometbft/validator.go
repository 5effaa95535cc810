package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/rpc/client/local"
	"github.com/cometbft/cometbft/types"
)

const (
	chainID = "countersign-bench"
	// A transaction that is not in a block by then has failed: four rounds in a row without a proposer take 15 s with the default timeouts.
	commitPatience = 60 * time.Second
	// Transactions of one validator under way at once, each with a subscription of its own.
	maxUnderWay = 1_000
)

type validatorOptions struct {
	home       string
	index      int
	validators int
	tuned      bool
	// Between two looks at what a peer lacks, when tuned.
	gossip      time.Duration
	genesisTime time.Time
}

type validator struct {
	node   *node.Node
	client *local.Local
	port   int
}

// keyOf is the same in every run: proposers take turns in the order of the validators' addresses, and a figure with some of them stopped
// depends on which places in that order are empty. These keys guard nothing.
func keyOf(role string, index int) ed25519.PrivKey {
	return ed25519.GenPrivKeyFromSecret([]byte(fmt.Sprintf("%s %s %d", chainID, role, index)))
}

func genesis(options validatorOptions) (*types.GenesisDoc, error) {
	doc := &types.GenesisDoc{
		ChainID:         chainID,
		GenesisTime:     options.genesisTime,
		ConsensusParams: types.DefaultConsensusParams(),
	}
	for i := range options.validators {
		key := keyOf("validator", i).PubKey()
		doc.Validators = append(doc.Validators, types.GenesisValidator{PubKey: key, Power: 1})
	}
	return doc, doc.ValidateAndComplete()
}

func configure(options validatorOptions, port int) *config.Config {
	c := config.DefaultConfig().SetRoot(options.home)
	c.Moniker = fmt.Sprintf("validator-%d", options.index)
	c.P2P.ListenAddress = fmt.Sprintf("tcp://127.0.0.1:%d", port)
	// All are on the loopback interface, and each is told of the others.
	c.P2P.AddrBookStrict = false
	c.P2P.AllowDuplicateIP = true
	c.P2P.PexReactor = false
	// Whoever sends transactions lives in the validator's own process.
	c.RPC.ListenAddress = ""
	c.RPC.TimeoutBroadcastTxCommit = commitPatience
	c.RPC.MaxSubscriptionsPerClient = maxUnderWay
	if options.tuned {
		tune(c, options.gossip)
	}
	return c
}

// tune is what one would set for the shortest time of a single transaction. Everything else is the engine's default.
func tune(c *config.Config, gossip time.Duration) {
	// What is written to a peer leaves by then: the default, 100 ms, is a part of every hop.
	c.P2P.FlushThrottleTimeout = time.Millisecond
	// The next height begins as soon as two thirds have pre-committed.
	c.Consensus.TimeoutCommit = 0
	c.Consensus.SkipTimeoutCommit = true
	// A block when there is something to put into it: no transaction waits for an empty one to end.
	c.Consensus.CreateEmptyBlocks = false
	// Long enough for a proposal behind 60 ms, short enough that a proposer that is gone costs little.
	c.Consensus.TimeoutPropose = 300 * time.Millisecond
	c.Consensus.TimeoutProposeDelta = 100 * time.Millisecond
	c.Consensus.TimeoutPrevote = 200 * time.Millisecond
	c.Consensus.TimeoutPrevoteDelta = 100 * time.Millisecond
	c.Consensus.TimeoutPrecommit = 200 * time.Millisecond
	c.Consensus.TimeoutPrecommitDelta = 100 * time.Millisecond
	// Votes are passed on by looking every so often whether a peer lacks one, three times for each peer: the more there are, the more it costs to
	// look often, so whoever starts it tries several.
	c.Consensus.PeerGossipSleepDuration = gossip
}

func startValidator(options validatorOptions) (*validator, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	doc, err := genesis(options)
	if err != nil {
		return nil, err
	}
	settings := configure(options, port)
	config.EnsureRoot(options.home)
	signer := privval.NewFilePV(
		keyOf("validator", options.index),
		settings.PrivValidatorKeyFile(),
		settings.PrivValidatorStateFile(),
	)
	signer.Save()
	made, err := node.NewNode(
		settings,
		signer,
		&p2p.NodeKey{PrivKey: keyOf("node", options.index)},
		proxy.NewLocalClientCreator(newStore()),
		func() (*types.GenesisDoc, error) { return doc, nil },
		config.DefaultDBProvider,
		node.DefaultMetricsProvider(settings.Instrumentation),
		log.NewFilter(log.NewTMLogger(log.NewSyncWriter(os.Stderr)), log.AllowError()),
	)
	if err != nil {
		return nil, err
	}
	if err := made.Start(); err != nil {
		return nil, err
	}
	return &validator{node: made, client: local.New(made), port: port}, nil
}

// freePort is one that nobody listened on a moment ago.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func (v *validator) dial(addresses []string) error {
	if len(addresses) == 0 {
		return nil
	}
	if err := v.node.Switch().AddPersistentPeers(addresses); err != nil {
		return err
	}
	return v.node.Switch().DialPeersAsync(addresses)
}

// set commits one transaction, a turn when the key is empty, and says in how many milliseconds: from handing it to this validator until this validator has executed the block
// that holds it.
func (v *validator) set(key string, size int) (float64, int64, error) {
	value := make([]byte, size)
	if _, err := rand.Read(value); err != nil {
		return 0, 0, err
	}
	transaction := encode(key, value)
	if key == "" {
		transaction = turn(value)
	}
	start := time.Now()
	result, err := v.client.BroadcastTxCommit(context.Background(), transaction)
	took := time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	if result.CheckTx.Code != abci.CodeTypeOK || result.TxResult.Code != abci.CodeTypeOK {
		return 0, 0, fmt.Errorf("the transaction was refused: %s%s", result.CheckTx.Log, result.TxResult.Log)
	}
	return float64(took.Microseconds()) / 1_000, result.Height, nil
}

type usage struct {
	// Processor time of this process since it started.
	processor float64
	// Payload that went to peers that are connected now, before encryption and TCP.
	sent int64
}

func (v *validator) usage() (usage, error) {
	var spent syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &spent); err != nil {
		return usage{}, err
	}
	total := usage{processor: milliseconds(spent.Utime) + milliseconds(spent.Stime)}
	for _, peer := range v.node.Switch().Peers().List() {
		total.sent += peer.Status().SendMonitor.Bytes
	}
	return total, nil
}

func milliseconds(t syscall.Timeval) float64 {
	return float64(t.Sec)*1_000 + float64(t.Usec)/1_000
}

// Command cometbft is the other side of a comparison: one validator of a CometBFT network with a key-value application in its process, or the
// lines between such validators. It is told what to do by JSON on its standard input, a line each, answers on its standard output, and ends with
// its input: whoever started it leaves nothing behind, however it ends itself.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"
)

// Longest line that is read: the addresses of a hundred validators are a tenth of it.
const maxLineBytes = 64 << 10

type request struct {
	ID int    `json:"id"`
	Op string `json:"op"`
	// peers: those to dial, as id@host:port.
	Addresses []string `json:"addresses,omitempty"`
	// set; without a key nothing is set, and the proposers' turn moves on by one.
	Key   string `json:"key,omitempty"`
	Bytes int    `json:"bytes,omitempty"`
	// route: where to, as host:port.
	To string `json:"to,omitempty"`
	// delay: milliseconds one way.
	Delay float64 `json:"delay,omitempty"`
}

type answer struct {
	ID    int    `json:"id"`
	Error string `json:"error,omitempty"`
	// Of what `route` opened, and in a validator's first line.
	Port int    `json:"port,omitempty"`
	Node string `json:"node,omitempty"`
	// set: milliseconds, and the height of the block.
	Milliseconds float64 `json:"milliseconds,omitempty"`
	Height       int64   `json:"height,omitempty"`
	// status, beside the height.
	Peers int `json:"peers,omitempty"`
	// usage: milliseconds, and bytes.
	Processor float64 `json:"processor,omitempty"`
	Sent      int64   `json:"sent,omitempty"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("what to be is missing: validator or delays")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	home := flags.String("home", "", "folder of the validator's files")
	index := flags.Int("index", 0, "place of the validator, from 0")
	validators := flags.Int("validators", 4, "how many there are")
	tuned := flags.Bool("tuned", false, "short timeouts instead of the engine's defaults")
	gossip := flags.Int("gossip", 10, "milliseconds between two looks at what a peer lacks, when tuned")
	began := flags.Int64("genesis", 0, "time of the genesis, milliseconds of the epoch")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "validator":
		return serveValidator(validatorOptions{
			home:        *home,
			index:       *index,
			validators:  *validators,
			tuned:       *tuned,
			gossip:      time.Duration(*gossip) * time.Millisecond,
			genesisTime: time.UnixMilli(*began).UTC(),
		})
	case "delays":
		return serveDelays()
	default:
		return fmt.Errorf("%q is neither validator nor delays", args[0])
	}
}

func serveValidator(options validatorOptions) error {
	if options.home == "" {
		return fmt.Errorf("--home is missing")
	}
	made, err := startValidator(options)
	if err != nil {
		return err
	}
	say(answer{Port: made.port, Node: string(made.node.NodeInfo().ID())})
	return serve(func(asked request) answer {
		switch asked.Op {
		case "peers":
			return failed(made.dial(asked.Addresses))
		case "status":
			return answer{Height: made.node.BlockStore().Height(), Peers: made.node.Switch().Peers().Size()}
		case "set":
			took, height, err := made.set(asked.Key, asked.Bytes)
			if err != nil {
				return failed(err)
			}
			return answer{Milliseconds: took, Height: height}
		case "usage":
			used, err := made.usage()
			if err != nil {
				return failed(err)
			}
			return answer{Processor: used.processor, Sent: used.sent}
		default:
			return failed(fmt.Errorf("a validator knows no %q", asked.Op))
		}
	})
}

func serveDelays() error {
	lines := &delays{}
	say(answer{})
	return serve(func(asked request) answer {
		switch asked.Op {
		case "route":
			port, err := lines.route(asked.To)
			if err != nil {
				return failed(err)
			}
			return answer{Port: port}
		case "delay":
			lines.set(time.Duration(asked.Delay * float64(time.Millisecond)))
			return answer{}
		default:
			return failed(fmt.Errorf("the lines know no %q", asked.Op))
		}
	})
}

// serve answers each request when it is done, others meanwhile, until the input ends.
func serve(do func(request) answer) error {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, maxLineBytes)
	for input.Scan() {
		var asked request
		if err := json.Unmarshal(input.Bytes(), &asked); err != nil {
			return err
		}
		go func() {
			answered := do(asked)
			answered.ID = asked.ID
			say(answered)
		}()
	}
	return input.Err()
}

func failed(err error) answer {
	if err == nil {
		return answer{}
	}
	return answer{Error: err.Error()}
}

var output sync.Mutex

func say(one answer) {
	output.Lock()
	defer output.Unlock()
	// Nobody reads any more when this fails, and the input ends, too.
	_ = json.NewEncoder(os.Stdout).Encode(one)
}

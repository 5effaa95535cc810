package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"
)

// store is the replicated application: a map from keys to values. A transaction sets one key, or nothing (see turn).
//
// It lives in memory alone: a validator that a run stops stays stopped. Blocks, state and write-ahead log are the engine's, on disk.
type store struct {
	abci.BaseApplication
	mutex  sync.Mutex
	values map[string][]byte
	height int64
	// Of all transactions so far that set a key, so that validators that differ would notice it.
	hash [sha256.Size]byte
}

func newStore() *store {
	return &store{values: map[string][]byte{}}
}

var errNoSeparator = errors.New("a transaction is a key, a zero byte, and the value")

func encode(key string, value []byte) []byte {
	return append(append([]byte(key), 0), value...)
}

// turn is a transaction that changes nothing: as the application's hash stays the same, one block takes it and none follows. So it moves the turn
// of the proposers on by one, where a transaction that sets a key moves it by two.
func turn(serial []byte) []byte {
	return encode("", serial)
}

// decode gives an empty key for a turn.
func decode(transaction []byte) (string, []byte, error) {
	key, value, found := bytes.Cut(transaction, []byte{0})
	if !found {
		return "", nil, errNoSeparator
	}
	return string(key), value, nil
}

func (s *store) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return &abci.ResponseInfo{LastBlockHeight: s.height, LastBlockAppHash: s.appHash()}, nil
}

func (s *store) CheckTx(_ context.Context, request *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	if _, _, err := decode(request.Tx); err != nil {
		return &abci.ResponseCheckTx{Code: 1, Log: err.Error()}, nil
	}
	return &abci.ResponseCheckTx{Code: abci.CodeTypeOK}, nil
}

func (s *store) ProcessProposal(
	_ context.Context,
	request *abci.RequestProcessProposal,
) (*abci.ResponseProcessProposal, error) {
	for _, transaction := range request.Txs {
		if _, _, err := decode(transaction); err != nil {
			return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
		}
	}
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

func (s *store) FinalizeBlock(
	_ context.Context,
	request *abci.RequestFinalizeBlock,
) (*abci.ResponseFinalizeBlock, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	results := make([]*abci.ExecTxResult, len(request.Txs))
	for i, transaction := range request.Txs {
		key, value, err := decode(transaction)
		if err != nil {
			results[i] = &abci.ExecTxResult{Code: 1, Log: err.Error()}
			continue
		}
		if key != "" {
			s.values[key] = bytes.Clone(value)
			s.hash = sha256.Sum256(append(s.hash[:], transaction...))
		}
		results[i] = &abci.ExecTxResult{Code: abci.CodeTypeOK}
	}
	s.height = request.Height
	return &abci.ResponseFinalizeBlock{TxResults: results, AppHash: s.appHash()}, nil
}

// appHash is called with the mutex held.
func (s *store) appHash() []byte {
	return binary.BigEndian.AppendUint64(bytes.Clone(s.hash[:]), uint64(len(s.values)))
}

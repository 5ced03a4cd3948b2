// The log as Go's checksum database would read it: golang.org/x/mod/sumdb, which knows nothing of us.
//
//	sumdb note LOG VKEY                 the checkpoint is signed
//	sumdb inclusion LOG VKEY            every entry is proven by the hash tiles alone
//	sumdb rebuild LOG VKEY              the entries give every tile and the root, byte for byte
//	sumdb consistency LOG VKEY OLDER    the log began as the older checkpoint says
//	sumdb proof LOG VKEY FILE           a .tlog-proof proves its entry
//	sumdb prove LOG VKEY SIZE           prints the proof that the log of SIZE entries is its beginning
//
// Ends with 0 if it holds, with 1 if it does not, and with 2 if it could not be asked.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Tiles of this height hold 256 hashes.
const height = 8

func main() {
	if len(os.Args) < 4 {
		unable("usage: sumdb note|inclusion|rebuild|consistency|proof|prove LOG VKEY [MORE]")
	}
	log := log{folder: os.Args[2], vkey: os.Args[3]}
	argument := strings.Join(os.Args[4:], "")
	var err error
	switch os.Args[1] {
	case "note":
		_, err = log.checkpoint()
	case "inclusion":
		err = log.inclusion()
	case "rebuild":
		err = log.rebuild()
	case "consistency":
		err = log.consistency(read(argument))
	case "proof":
		err = log.proof(argument)
	case "prove":
		err = log.prove(argument)
	default:
		unable("unknown: " + os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "rejected:", err)
		os.Exit(1)
	}
}

type log struct{ folder, vkey string }

func (l log) checkpoint() (tlog.Tree, error) {
	return l.open(read(filepath.Join(l.folder, "checkpoint")))
}

func (l log) open(signed []byte) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(l.vkey)
	if err != nil {
		unable(err.Error())
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// entries reads every entry from the bundles.
func (l log) entries(size int64) ([][]byte, error) {
	var entries [][]byte
	for first := int64(0); first < size; first += 1 << height {
		width := size - first
		if width > 1<<height {
			width = 1 << height
		}
		tile := tlog.Tile{H: height, L: 0, N: first >> height, W: int(width)}
		bundle := read(filepath.Join(l.folder, strings.Replace(path(tile), "tile/0/", "tile/entries/", 1)))
		for len(bundle) >= 2 {
			length := int(binary.BigEndian.Uint16(bundle))
			if len(bundle) < 2+length {
				return nil, fmt.Errorf("the bundle at %d breaks off", first)
			}
			entries = append(entries, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
		if len(bundle) != 0 {
			return nil, fmt.Errorf("the bundle at %d breaks off", first)
		}
	}
	if int64(len(entries)) != size {
		return nil, fmt.Errorf("%d entries, and %d are signed", len(entries), size)
	}
	return entries, nil
}

func (l log) inclusion() error {
	tree, err := l.checkpoint()
	if err != nil {
		return err
	}
	entries, err := l.entries(tree.N)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, l)
	for index, entry := range entries {
		proof, err := tlog.ProveRecord(tree.N, int64(index), hashes)
		if err != nil {
			return err
		}
		err = tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), tlog.RecordHash(entry))
		if err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
	}
	return nil
}

func (l log) rebuild() error {
	tree, err := l.checkpoint()
	if err != nil {
		return err
	}
	entries, err := l.entries(tree.N)
	if err != nil {
		return err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, 0, len(indexes))
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for index, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(index), entry, reader)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the entries give the root %v, and %v is signed", root, tree.Hash)
	}
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		// Those of every width on the way are in this list as well.
		if tile.W < 1<<height && int64(tile.W) != tree.N>>(height*tile.L)-tile.N<<height {
			continue
		}
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		if !bytes.Equal(data, read(filepath.Join(l.folder, path(tile)))) {
			return fmt.Errorf("%s is not what the entries give", path(tile))
		}
	}
	return nil
}

func (l log) consistency(signed []byte) error {
	older, err := l.open(signed)
	if err != nil {
		return err
	}
	newest, err := l.checkpoint()
	if err != nil {
		return err
	}
	if older.N > newest.N {
		return fmt.Errorf("the log shrank from %d to %d", older.N, newest.N)
	}
	proof, err := tlog.ProveTree(newest.N, older.N, tlog.TileHashReader(newest, l))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, newest.N, newest.Hash, older.N, older.Hash)
}

func (l log) prove(text string) error {
	size, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		unable(err.Error())
	}
	newest, err := l.checkpoint()
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(newest.N, size, tlog.TileHashReader(newest, l))
	for _, hash := range proof {
		fmt.Println(hash)
	}
	return err
}

// proof reads c2sp.org/tlog-proof, which x/mod does not, and lets x/mod check what it says.
func (l log) proof(file string) error {
	head, signed, found := strings.Cut(string(read(file)), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("not a .tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := l.open([]byte(signed))
	if err != nil {
		return err
	}
	entries, err := l.entries(tree.N)
	if err != nil {
		return err
	}
	if index < 0 || index >= tree.N {
		return fmt.Errorf("there is no entry %d", index)
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[index]))
}

// path is where C2SP's tlog-tiles puts a tile: as Go does, without the height.
func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

// The methods that make a log a tlog.TileReader.

func (l log) Height() int { return height }

func (l log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		data = append(data, read(filepath.Join(l.folder, path(tile))))
	}
	return data, nil
}

func (l log) SaveTiles([]tlog.Tile, [][]byte) {}

func read(file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		unable(err.Error())
	}
	return data
}

func unable(why string) {
	fmt.Fprintln(os.Stderr, "unable:", why)
	os.Exit(2)
}

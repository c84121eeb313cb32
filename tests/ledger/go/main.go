// Checker judges what the ledger writes with Go's own transparency-log packages, which
// share no code with it. It reads one command a line and answers each with one line: "ok"
// and what was asked for, or "no" and why. Byte strings are base64, "-" when empty; lists
// are joined by commas.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is that of C2SP tlog-tiles.
const tileHeight = 8

var commands = map[string]func(args []string) (string, error){
	"note":        checkNote,
	"checkpoint":  checkCheckpoint,
	"sign":        sign,
	"entry":       addEntry,
	"root":        rootOf,
	"inclusion":   proveInclusion,
	"consistency": proveConsistency,
	"included":    checkInclusion,
	"consistent":  checkConsistency,
	"tiles":       checkTiles,
	"log":         checkLog,
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		fmt.Fprintln(out, answer(strings.Fields(line)))
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}

func answer(words []string) (said string) {
	defer func() {
		if failure := recover(); failure != nil {
			said = fmt.Sprint("no ", failure)
		}
	}()
	result, err := commands[words[0]](words[1:])
	if err != nil {
		return "no " + err.Error()
	}
	return strings.TrimSpace("ok " + result)
}

func number(word string) int64 {
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func blob(word string) []byte {
	if word == "-" {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(word)
	if err != nil {
		panic(err)
	}
	return data
}

func written(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

func hash(word string) (found tlog.Hash) {
	if data := blob(word); copy(found[:], data) != len(data) || len(data) != tlog.HashSize {
		panic("not a hash")
	}
	return found
}

func hashes(word string) (found []tlog.Hash) {
	if word == "-" {
		return nil
	}
	for _, one := range strings.Split(word, ",") {
		found = append(found, hash(one))
	}
	return found
}

func joined(list []tlog.Hash) string {
	var words []string
	for _, one := range list {
		words = append(words, one.String())
	}
	return strings.Join(words, ",")
}

// Notes.

// cosigner verifies timestamped Ed25519 signatures (C2SP tlog-cosignature, type 0x04),
// which Go's package leaves to its caller.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }

func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

func verifier(vkey string) (note.Verifier, error) {
	if found, err := note.NewVerifier(vkey); err == nil {
		return found, nil
	}
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a verifier key")
	}
	data := blob(parts[2])
	if len(data) != 1+ed25519.PublicKeySize || data[0] != 0x04 {
		return nil, errors.New("a key of an unknown type")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), data...))
	id := binary.BigEndian.Uint32(sum[:])
	if parts[1] != fmt.Sprintf("%08x", id) {
		return nil, errors.New("a key with another hash than its own")
	}
	return cosigner{parts[0], id, data[1:]}, nil
}

// open wants a signature of every one of the keys.
func open(vkeys, message string) (*note.Note, error) {
	var known []note.Verifier
	for _, vkey := range strings.Split(vkeys, ",") {
		found, err := verifier(vkey)
		if err != nil {
			return nil, err
		}
		known = append(known, found)
	}
	opened, err := note.Open(blob(message), note.VerifierList(known...))
	if err == nil && len(opened.Sigs) != len(known) {
		err = errors.New("a signature is missing")
	}
	return opened, err
}

// note VKEYS NOTE: the text that the keys have signed.
func checkNote(args []string) (string, error) {
	opened, err := open(args[0], args[1])
	if err != nil {
		return "", err
	}
	return written([]byte(opened.Text)), nil
}

// checkpoint VKEYS NOTE: the origin, the size and the root. Go's parser knows one origin
// only, so that line is exchanged for the one it knows.
func checkCheckpoint(args []string) (string, error) {
	opened, err := open(args[0], args[1])
	if err != nil {
		return "", err
	}
	lines := strings.SplitN(opened.Text, "\n", 2)
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
	if err != nil {
		return "", err
	}
	return fmt.Sprint(written([]byte(lines[0])), " ", tree.N, " ", tree.Hash), nil
}

// sign SKEY TEXT: a note by Go.
func sign(args []string) (string, error) {
	signer, err := note.NewSigner(args[0])
	if err != nil {
		return "", err
	}
	message, err := note.Sign(&note.Note{Text: string(blob(args[1]))}, signer)
	return written(message), err
}

// A log of Go's own.

type storage struct {
	size   int64
	hashes []tlog.Hash
}

var log storage

func (s *storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = s.hashes[index]
	}
	return found, nil
}

// entry DATA: adds an entry to Go's log; its leaf hash.
func addEntry(args []string) (string, error) {
	data := blob(args[0])
	more, err := tlog.StoredHashes(log.size, data, &log)
	if err != nil {
		return "", err
	}
	log.hashes = append(log.hashes, more...)
	log.size++
	return tlog.RecordHash(data).String(), nil
}

// root SIZE: the root of Go's log when it had that many entries.
func rootOf(args []string) (string, error) {
	root, err := tlog.TreeHash(number(args[0]), &log)
	return root.String(), err
}

// inclusion INDEX SIZE: Go's proof.
func proveInclusion(args []string) (string, error) {
	proof, err := tlog.ProveRecord(number(args[1]), number(args[0]), &log)
	return joined(proof), err
}

// consistency FIRST SECOND: Go's proof.
func proveConsistency(args []string) (string, error) {
	proof, err := tlog.ProveTree(number(args[1]), number(args[0]), &log)
	return joined(proof), err
}

// included LEAF INDEX SIZE PROOF ROOT: Go's judgement of a proof.
func checkInclusion(args []string) (string, error) {
	return "", tlog.CheckRecord(
		hashes(args[3]), number(args[2]), hash(args[4]), number(args[1]), hash(args[0]))
}

// consistent FIRST SECOND PROOF ROOT1 ROOT2: Go's judgement of a proof.
func checkConsistency(args []string) (string, error) {
	return "", tlog.CheckTree(
		hashes(args[2]), number(args[1]), hash(args[4]), number(args[0]), hash(args[3]))
}

// Tiles.

// place holds tiles under the paths of C2SP tlog-tiles: a directory, or an address. Each
// is fetched once.
type place struct {
	name    string
	fetched map[string][]byte
}

func placeAt(word string) place { return place{string(blob(word)), map[string][]byte{}} }

func (p place) Height() int { return tileHeight }

func (p place) SaveTiles([]tlog.Tile, [][]byte) {}

func (p place) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := p.read(tile, "tile/8/", "tile/")
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

// read finds a tile under Go's path for it, with the beginning exchanged.
func (p place) read(tile tlog.Tile, theirs, ours string) ([]byte, error) {
	return p.get(ours + strings.TrimPrefix(tile.Path(), theirs))
}

func (p place) get(path string) (data []byte, err error) {
	if data, known := p.fetched[path]; known {
		return data, nil
	}
	if strings.HasPrefix(p.name, "http://") {
		data, err = download(p.name + "/" + path)
	} else {
		data, err = os.ReadFile(filepath.Join(p.name, path))
	}
	if err == nil {
		p.fetched[path] = data
	}
	return data, err
}

func download(address string) ([]byte, error) {
	answer, err := http.Get(address)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New(answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// log VKEYS PLACE: checks the checkpoint, and all that it covers. The number of entries.
func checkLog(args []string) (string, error) {
	message, err := placeAt(args[1]).get("checkpoint")
	if err != nil {
		return "", err
	}
	said, err := checkCheckpoint([]string{args[0], written(message)})
	if err != nil {
		return "", err
	}
	words := strings.Fields(said)
	return checkTiles([]string{args[1], words[1], words[2]})
}

// tiles PLACE SIZE ROOT: checks every tile that a log of that size and root has, and
// every bundle of entries against the leaves. The number of entries.
func checkTiles(args []string) (string, error) {
	tiles := placeAt(args[0])
	size := number(args[1])
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: hash(args[2])}, tiles)
	checked := int64(0)
	for level, nodes := 0, size; nodes > 0; level, nodes = level+1, nodes>>tileHeight {
		for n := int64(0); n<<tileHeight < nodes; n++ {
			tile := tlog.Tile{H: tileHeight, L: level, N: n, W: 1 << tileHeight}
			if rest := nodes - n<<tileHeight; rest < int64(tile.W) {
				tile.W = int(rest)
			}
			hashes, err := tlog.ReadTileData(tile, reader)
			if err != nil {
				return "", fmt.Errorf("%s: %v", tile.Path(), err)
			}
			if level == 0 {
				if err := checkBundle(tiles, tile, hashes); err != nil {
					return "", fmt.Errorf("the entries of %s: %v", tile.Path(), err)
				}
				checked += int64(tile.W)
			}
		}
	}
	return fmt.Sprint(checked), nil
}

// checkBundle holds a bundle of entries against a tile of leaves that was proved.
func checkBundle(tiles place, tile tlog.Tile, leaves []byte) error {
	tile.L = -1
	rest, err := tiles.read(tile, "tile/8/data/", "tile/entries/")
	if err != nil {
		return err
	}
	for i := 0; i < tile.W; i++ {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return errors.New("the bundle ends too early")
		}
		end := 2 + int(binary.BigEndian.Uint16(rest))
		leaf := tlog.RecordHash(rest[2:end])
		if !bytes.Equal(leaf[:], leaves[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
			return fmt.Errorf("entry %d has another hash than its leaf", tile.N<<tileHeight+int64(i))
		}
		rest = rest[end:]
	}
	if len(rest) > 0 {
		return errors.New("the bundle goes on after its last entry")
	}
	return nil
}

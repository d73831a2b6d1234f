package task

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"adkernel/internal/pattern"
)

// revision is the folder of a data set's files: dir, or in the cache of Hugging
// Face's hub (datasets--OWNER--NAME) the snapshot that main is, or the only one.
func revision(dir string) (string, error) {
	snapshots := filepath.Join(dir, "snapshots")
	entries, err := os.ReadDir(snapshots)
	if errors.Is(err, fs.ErrNotExist) {
		return dir, nil
	} else if err != nil {
		return "", err
	}
	if head, err := os.ReadFile(filepath.Join(dir, "refs", "main")); err == nil {
		return filepath.Join(snapshots, strings.TrimSpace(string(head))), nil
	}
	if len(entries) != 1 {
		return "", fmt.Errorf("data set %s: %s, and no refs/main says which: name the folder of one", dir, count(len(entries), "snapshot"))
	}
	return filepath.Join(snapshots, entries[0].Name()), nil
}

// shardName is what Hugging Face's datasets calls the files of a split, with a
// hash behind in older versions.
var shardName = pattern.New(`^(.+)-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?\.parquet$`)

// parquetOf finds the Parquet files of a split, in order: in the folder of the
// configuration, in dir, or in dir/data, as SPLIT-00000-of-00002.parquet and so on
// or SPLIT.parquet; or as SPLIT/0000.parquet, as the hub converts data sets. None
// is nil; some of the files, or those of two writings, are an error.
func parquetOf(dir, config, split string) ([]string, error) {
	for _, folder := range []string{config, "", "data"} {
		folder = filepath.Join(dir, folder)
		entries, err := os.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		var found []string
		for _, e := range entries {
			name := e.Name()
			m := shardName().FindStringSubmatch(name)
			if name == split+".parquet" || m != nil && m[1] == split {
				found = append(found, filepath.Join(folder, name))
			}
		}
		if len(found) > 0 {
			return found, completeShards(found)
		}
		if found, err = convertedOf(filepath.Join(folder, split)); len(found) > 0 || err != nil {
			return found, err
		}
	}
	return nil, nil
}

// completeShards reports a shard that is missing, and files of several writings.
func completeShards(files []string) error {
	shards := -1
	for i, path := range files {
		n, of := 0, 1
		if m := shardName().FindStringSubmatch(filepath.Base(path)); m != nil {
			n, _ = strconv.Atoi(m[2])
			of, _ = strconv.Atoi(m[3])
		}
		if shards < 0 {
			shards = of
		}
		switch {
		case of != shards || n < i:
			return fmt.Errorf("%s and %s hold the same rows: take one writing of the split away", files[0], path)
		case n > i:
			return fmt.Errorf("%s is there, and file %d of %d before it is missing: fetch the data set again", path, i, of)
		}
	}
	if len(files) < shards {
		return fmt.Errorf("%s is there, and file %d of %d behind it is missing: fetch the data set again", files[len(files)-1], len(files), shards)
	}
	return nil
}

// convertedOf are the files of a folder of the hub's refs/convert/parquet.
func convertedOf(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		switch name := e.Name(); {
		case filepath.Ext(name) == ".arrow":
			return nil, fmt.Errorf("%s holds Arrow files, as save_to_disk of Hugging Face's datasets writes: write the split by to_parquet or to_json", folder)
		case name == fmt.Sprintf("%04d.parquet", len(found)):
			found = append(found, filepath.Join(folder, name))
		case filepath.Ext(name) == ".parquet":
			return nil, fmt.Errorf("%s is there, and %04d.parquet is missing: fetch the data set again", filepath.Join(folder, name), len(found))
		}
	}
	return found, nil
}

// otherConfigs lists the folders of a data set that hold Parquet of a split.
func otherConfigs(dir, split string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		folder := filepath.Join(dir, e.Name())
		files, err := parquetOf(folder, "", split)
		if info, other := os.Stat(folder); other == nil && info.IsDir() && (len(files) > 0 || err != nil) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

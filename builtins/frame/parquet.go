package frame

import (
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"adkernel/internal/parquetfile"
)

// ReadParquet reads a Parquet file of flat columns: booleans, integers (as
// int64), floats (as float64) and UTF-8 strings. Other types, lists and
// structs are refused by name.
func ReadParquet(path string) (*Frame, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read parquet: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read parquet: %w", err)
	}
	f, err := decodeParquet(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("read parquet: %s: %w", path, err)
	}
	return f, nil
}

func decodeParquet(r io.ReaderAt, size int64) (f *Frame, err error) {
	defer parquetfile.Damaged(&err)
	file, err := parquetfile.Open(r, size)
	if err != nil {
		return nil, err
	}
	if file.NumRows() > maxRows {
		return nil, fmt.Errorf("%d rows; a frame holds at most %d", file.NumRows(), maxRows)
	}
	fields := file.Root().Fields()
	columns := make([]*Column, len(fields))
	errs := make([]error, len(fields))
	each(len(fields), func(i int) {
		if columns[i], errs[i] = readParquetColumn(file, fields[i], i); errs[i] != nil {
			errs[i] = fmt.Errorf("column %q: %w", fields[i].Name(), errs[i])
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	f = New(columns...)
	return f, f.err
}

// readParquetColumn reads the i-th column of all row groups. A field in front
// of it that is no leaf shifts the columns, but is an error of its own.
func readParquetColumn(file *parquet.File, field parquet.Field, i int) (c *Column, err error) {
	defer parquetfile.Damaged(&err)
	kind, err := parquetKind(field)
	if err != nil {
		return nil, err
	}
	b := newBuilder(field.Name(), kind)
	for _, group := range file.RowGroups() {
		if err := readParquetChunk(b, field, group.ColumnChunks()[i]); err != nil {
			return nil, err
		}
	}
	if int64(b.len()) != file.NumRows() {
		return nil, fmt.Errorf("has %d rows, the file says %d", b.len(), file.NumRows())
	}
	return b.finish(), nil
}

// parquetKind returns the kind of column that holds a field's values.
func parquetKind(field parquet.Field) (Kind, error) {
	if !field.Leaf() || field.Repeated() {
		return 0, errors.New("lists and structs do not fit into a cell")
	}
	var logical any
	if t := field.Type().LogicalType(); t != nil {
		logical = t.Value
	}
	physical := field.Type().Kind()
	switch logical.(type) {
	case nil, *format.StringType, *format.EnumType, *format.JsonType, *format.IntType:
	case *format.NullType:
		return Float, nil
	default:
		return 0, fmt.Errorf("values of type %s cannot be held; store them as numbers or strings", field.Type())
	}
	switch physical {
	case parquet.Boolean:
		return Bool, nil
	case parquet.Int32, parquet.Int64:
		return Int, nil
	case parquet.Float, parquet.Double:
		return Float, nil
	case parquet.ByteArray:
		return String, nil
	default:
		return 0, fmt.Errorf("values of type %s cannot be held; store them as numbers or strings", field.Type())
	}
}

func readParquetChunk(b *builder, field parquet.Field, chunk parquet.ColumnChunk) error {
	pages := chunk.Pages()
	defer pages.Close()
	values := make([]parquet.Value, 4096)
	for {
		page, err := pages.ReadPage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = readParquetPage(b, field, page.Values(), values)
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
}

func readParquetPage(b *builder, field parquet.Field, r parquet.ValueReader, values []parquet.Value) error {
	unsigned := false
	if t := field.Type().LogicalType(); t != nil {
		integer, ok := t.Value.(*format.IntType)
		unsigned = ok && !integer.IsSigned
	}
	for {
		n, err := r.ReadValues(values)
		for _, v := range values[:n] {
			if err := b.addParquet(v, unsigned); err != nil {
				return fmt.Errorf("row %d: %w", b.len(), err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (b *builder) addParquet(v parquet.Value, unsigned bool) error {
	if v.IsNull() {
		b.addNull()
		return nil
	}
	switch v.Kind() {
	case parquet.Boolean:
		b.addBool(v.Boolean())
	case parquet.Int32:
		if unsigned {
			b.addInt(int64(v.Uint32()))
		} else {
			b.addInt(int64(v.Int32()))
		}
	case parquet.Int64:
		if unsigned && v.Int64() < 0 {
			return fmt.Errorf("%d does not fit int64", v.Uint64())
		}
		b.addInt(v.Int64())
	case parquet.Float:
		b.addFloat(float64(v.Float()))
	case parquet.Double:
		b.addFloat(v.Double())
	default:
		if !utf8.Valid(v.ByteArray()) {
			return errors.New("bytes that are not UTF-8 text cannot be held")
		}
		b.addBytes(v.ByteArray())
	}
	return nil
}

// WriteParquet writes f with nullable columns, strings dictionary-coded,
// compressed with Snappy. The file appears whole or not at all.
func (f *Frame) WriteParquet(path string) error {
	if err := f.Err(); err != nil {
		return err
	}
	return writeFile(path, f.encodeParquet)
}

// rowsInGroup is how many rows share a row group, the unit that readers load.
const rowsInGroup = 1 << 20

func (f *Frame) encodeParquet(w io.Writer) error {
	if len(f.all()) == 0 {
		return errors.New("the frame has no columns")
	}
	for _, c := range f.columns {
		if !utf8.ValidString(c.name) {
			return fmt.Errorf("column %q is not valid UTF-8, as names of Parquet have to be", c.name)
		}
	}
	writer := parquet.NewWriter(w, parquetSchema(f.columns), parquet.Compression(&parquet.Snappy))
	values := make([]parquet.Value, 0, 4096)
	for low := 0; low < f.rows; low += rowsInGroup {
		high := min(low+rowsInGroup, f.rows)
		for i, c := range f.columns {
			for at := low; at < high; at += cap(values) {
				values = values[:0]
				for row := at; row < min(at+cap(values), high); row++ {
					if c.kind == String && !utf8.ValidString(c.text(row)) {
						return fmt.Errorf("column %q, row %d: %q is not valid UTF-8, as strings of Parquet have to be", c.name, row, c.text(row))
					}
					values = append(values, c.parquetValue(row, i))
				}
				if _, err := writer.ColumnWriters()[i].WriteRowValues(values); err != nil {
					return fmt.Errorf("column %q: %w", c.name, err)
				}
			}
		}
		if err := writer.Flush(); err != nil {
			return err
		}
	}
	return writer.Close()
}

func (c *Column) parquetValue(row, column int) parquet.Value {
	if c.IsNull(row) {
		return parquet.NullValue().Level(0, 0, column)
	}
	return parquet.ValueOf(c.Value(row)).Level(0, 1, column)
}

func parquetSchema(columns []*Column) *parquet.Schema {
	group := parquet.Group{}
	for _, c := range columns {
		var node parquet.Node
		switch c.kind {
		case Float:
			node = parquet.Leaf(parquet.DoubleType)
		case Int:
			node = parquet.Int(64)
		case Bool:
			node = parquet.Leaf(parquet.BooleanType)
		default:
			node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		}
		group[c.name] = parquet.Optional(node)
	}
	byName := map[string]parquet.Field{}
	for _, field := range group.Fields() {
		byName[field.Name()] = field
	}
	ordered := orderedGroup{Group: group}
	for _, c := range columns {
		ordered.fields = append(ordered.fields, byName[c.name])
	}
	return parquet.NewSchema("frame", ordered)
}

// orderedGroup is a parquet.Group, which sorts its fields by name, with its
// fields in the order of the frame's columns.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field { return g.fields }

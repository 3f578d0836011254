package stats

import (
	"bytes"
	"encoding/xml"
	"strconv"
)

// graphMLHead declares the attributes before the graph, with their types: Gephi reads no others.
const graphMLHead = xml.Header + `<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
	`xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
  <key id="label" for="node" attr.name="label" attr.type="string"/>
  <key id="count" for="node" attr.name="count" attr.type="int"/>
  <key id="weight" for="edge" attr.name="weight" attr.type="double"/>
  <graph id="network" edgedefault="undirected">
`

// GraphML writes the network as an undirected graph in GraphML (http://graphml.graphdrawing.org). The labels are in a language, or
// in the next one of the fallback chain.
func (n Network) GraphML(lang string) []byte {
	var b bytes.Buffer
	b.WriteString(graphMLHead)
	number := func(v int64) string { return strconv.FormatInt(v, 10) }
	for _, node := range n.Nodes {
		label, _ := node.Label.In(lang)
		b.WriteString(`    <node id="n` + number(node.ID) + `"><data key="label">`)
		_ = xml.EscapeText(&b, []byte(label)) // a buffer takes everything
		b.WriteString(`</data><data key="count">` + number(node.Count) + "</data></node>\n")
	}
	for i, l := range n.Links {
		b.WriteString(`    <edge id="e` + strconv.Itoa(i+1) + `" source="n` + number(l.Source) + `" target="n` + number(l.Target) +
			`"><data key="weight">` + number(l.Weight) + ".0</data></edge>\n")
	}
	b.WriteString("  </graph>\n</graphml>\n")
	return b.Bytes()
}

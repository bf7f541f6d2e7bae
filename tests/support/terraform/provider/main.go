// A stub of the AWS provider that only serves its schema. This is enough for `terraform validate`, and for `terraform test`
// with mock_provider. SCHEMA_FILE is the path of the schema, in JSON.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

type attribute struct {
	Type     json.RawMessage `json:"type"`
	Optional bool            `json:"optional"`
	Required bool            `json:"required"`
	Computed bool            `json:"computed"`
}

type nestedBlock struct {
	Nesting  string `json:"nesting"`
	MaxItems int64  `json:"max_items"`
	MinItems int64  `json:"min_items"`
	Block    block  `json:"block"`
}

type block struct {
	Attributes map[string]attribute   `json:"attributes"`
	BlockTypes map[string]nestedBlock `json:"block_types"`
}

type schemaFile struct {
	Provider  block            `json:"provider"`
	Resources map[string]block `json:"resources"`
	Data      map[string]block `json:"data"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// toType parses Terraform's JSON notation of a type: a name, or a kind with its element type.
func toType(raw json.RawMessage) tftypes.Type {
	var name string
	if json.Unmarshal(raw, &name) == nil {
		switch name {
		case "string":
			return tftypes.String
		case "number":
			return tftypes.Number
		case "bool":
			return tftypes.Bool
		}
		return tftypes.DynamicPseudoType
	}
	var parts []json.RawMessage
	must(json.Unmarshal(raw, &parts))
	must(json.Unmarshal(parts[0], &name))
	switch name {
	case "list":
		return tftypes.List{ElementType: toType(parts[1])}
	case "set":
		return tftypes.Set{ElementType: toType(parts[1])}
	case "map":
		return tftypes.Map{ElementType: toType(parts[1])}
	}
	var fields map[string]json.RawMessage
	must(json.Unmarshal(parts[1], &fields))
	types := map[string]tftypes.Type{}
	for field, of := range fields {
		types[field] = toType(of)
	}
	return tftypes.Object{AttributeTypes: types}
}

var nestings = map[string]tfprotov6.SchemaNestedBlockNestingMode{
	"list":   tfprotov6.SchemaNestedBlockNestingModeList,
	"set":    tfprotov6.SchemaNestedBlockNestingModeSet,
	"map":    tfprotov6.SchemaNestedBlockNestingModeMap,
	"single": tfprotov6.SchemaNestedBlockNestingModeSingle,
}

func toBlock(from block) *tfprotov6.SchemaBlock {
	to := &tfprotov6.SchemaBlock{}
	for name, a := range from.Attributes {
		to.Attributes = append(to.Attributes, &tfprotov6.SchemaAttribute{
			Name: name, Type: toType(a.Type), Optional: a.Optional, Required: a.Required, Computed: a.Computed,
		})
	}
	for name, n := range from.BlockTypes {
		to.BlockTypes = append(to.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: name, Nesting: nestings[n.Nesting], MaxItems: n.MaxItems, MinItems: n.MinItems, Block: toBlock(n.Block),
		})
	}
	return to
}

func toSchemas(from map[string]block) map[string]*tfprotov6.Schema {
	to := map[string]*tfprotov6.Schema{}
	for name, b := range from {
		to[name] = &tfprotov6.Schema{Block: toBlock(b)}
	}
	return to
}

// schemaOnly panics on every request that is not about the schema.
type schemaOnly struct{ tfprotov6.ProviderServer }

func (schemaOnly) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return &tfprotov6.GetMetadataResponse{}, nil
}

func (schemaOnly) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	text, err := os.ReadFile(os.Getenv("SCHEMA_FILE"))
	must(err)
	var file schemaFile
	must(json.Unmarshal(text, &file))
	return &tfprotov6.GetProviderSchemaResponse{
		Provider:           &tfprotov6.Schema{Block: toBlock(file.Provider)},
		ResourceSchemas:    toSchemas(file.Resources),
		DataSourceSchemas:  toSchemas(file.Data),
		ServerCapabilities: &tfprotov6.ServerCapabilities{GetProviderSchemaOptional: true},
	}, nil
}

func (schemaOnly) ValidateProviderConfig(_ context.Context, request *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (schemaOnly) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (schemaOnly) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (schemaOnly) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (schemaOnly) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func main() {
	must(tf6server.Serve("registry.terraform.io/hashicorp/aws", func() tfprotov6.ProviderServer { return schemaOnly{} }))
}

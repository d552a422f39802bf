import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLSchema;
import graphql.schema.idl.SchemaParser;
import graphql.schema.idl.UnExecutableSchemaGenerator;
import graphql.schema.validation.SchemaValidationError;
import graphql.schema.validation.SchemaValidator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** Reads a schema as API Manager does: parse, make it without resolvers, validate. Prints the names of the root fields. */
public class ReadSchema {
  public static void main(String[] args) throws Exception {
    var registry = new SchemaParser().parse(Files.readString(Path.of(args[0])));
    GraphQLSchema schema = UnExecutableSchemaGenerator.makeUnExecutableSchema(registry);
    Set<SchemaValidationError> errors = new SchemaValidator().validateSchema(schema);
    if (!errors.isEmpty()) throw new IllegalStateException(errors.toString());
    for (var root : new graphql.schema.GraphQLObjectType[] {
        schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()}) {
      for (GraphQLFieldDefinition field : root.getFieldDefinitions()) System.out.println(field.getName());
    }
  }
}

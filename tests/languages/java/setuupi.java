// Needs ./setuupi, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i setuupi.yaml -o setuupi -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=setuupi,apiPackage=setuupi,modelPackage=setuupi
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import setuupi.*;

class SetuUPI {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SETUUPI_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            String token = new TokenApi(client).logIn("bridge", new LoginRequest()
                    .grantType("client_credentials")
                    .clientID(System.getenv("SETUUPI_SANDBOX_CLIENT_ID"))
                    .secret(System.getenv("SETUUPI_SANDBOX_SECRET"))).getAccessToken();

            // The response has no lifetime: that of a JWT is exp - iat, any other is 300 s.
            long lifetime = 0;
            String[] parts = token.split("\\.");
            if (parts.length == 3) {
                JsonNode claims = client.getObjectMapper().readTree(Base64.getUrlDecoder().decode(parts[1]));
                lifetime = claims.path("exp").asLong() - claims.path("iat").asLong();
            }
            if (lifetime <= 0) lifetime = 300;

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("setuupi: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = client.getObjectMapper().readValue(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("setuupi: no token, code " + response.getType());
            System.exit(1);
        }
    }
}

// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i decentro.yaml -o decentro -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=decentro,apiPackage=decentro,modelPackage=decentro
import decentro.*;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

class Decentro {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("DECENTRO_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            TokenResponse token = new TokenApi(client).generateToken(new TokenRequest()
                    .grantType(TokenRequest.GrantTypeEnum.CLIENT_CREDENTIALS)
                    .clientId(System.getenv("DECENTRO_SANDBOX_CLIENT_ID"))
                    .clientSecret(System.getenv("DECENTRO_SANDBOX_CLIENT_SECRET")));
            Integer lifetime = token.getExpiresIn();
            if (lifetime == null || lifetime <= 0) lifetime = 900;

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getAccessToken()).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("decentro: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = client.getObjectMapper().readValue(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("decentro: no token, code " + response.getResponseKey());
            System.exit(1);
        }
    }
}

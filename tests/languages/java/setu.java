// Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i setu.yaml -o setu -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=setu,apiPackage=setu,modelPackage=setu
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import setu.*;

class Setu {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SETU_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            TokenData token = new TokenApi(client).generateToken(new TokenRequest()
                    .clientID(System.getenv("SETU_SANDBOX_CLIENT_ID"))
                    .secret(System.getenv("SETU_SANDBOX_SECRET"))).getData();
            Integer lifetime = token.getExpiresIn();
            if (lifetime == null || lifetime <= 0) lifetime = 1800;

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getToken()).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("setu: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = client.getObjectMapper().readValue(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("setu: no token, code " + response.getError().getCode());
            System.exit(1);
        }
    }
}

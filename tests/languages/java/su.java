// Needs ./su, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i su.yaml -o su -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=su,apiPackage=su,modelPackage=su
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import su.*;

class Su {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SU_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            String domain = Base64.getEncoder().encodeToString(System.getenv("SU_SANDBOX_CLIENT_ID").getBytes());
            TokenResponse response = new TokenApi(client).generateAccessToken(domain, System.getenv("SU_SANDBOX_CLIENT_SECRET"));
            Object data = response.getData() != null ? response.getData() : response.getAdditionalProperty("Data"); // two spellings
            TokenData token = client.getObjectMapper().convertValue(data, TokenData.class);
            if (token == null || token.getToken() == null) throw new IllegalStateException("su: no token in the response");
            int lifetime = token.getExpireIn() == null ? 0 : Integer.parseInt(token.getExpireIn());
            if (lifetime <= 0) lifetime = 3600;

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getToken()).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("su: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            JsonNode response = client.getObjectMapper().readTree(exception.getResponseBody());
            System.err.println("su: no token, code " + response.findPath("Code").asText());
            System.exit(1);
        }
    }
}

// Needs ./setubillpay, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i setubillpay.yaml -o setubillpay -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=setubillpay,apiPackage=setubillpay,modelPackage=setubillpay
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import setubillpay.*;

class SetuBillPay {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SETUBILLPAY_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            TokenResponse token = new TokenApi(client).generateToken(new TokenRequest()
                    .clientID(System.getenv("SETUBILLPAY_SANDBOX_CLIENT_ID"))
                    .secret(System.getenv("SETUBILLPAY_SANDBOX_SECRET")));
            Integer lifetime = token.getExpiresIn();
            if (lifetime == null || lifetime <= 0) lifetime = 600;

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + token.getToken())
                    .header("X-PARTNER-ID", System.getenv("SETUBILLPAY_SANDBOX_PARTNER_ID")).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("setubillpay: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = client.getObjectMapper().readValue(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("setubillpay: no token, code " + response.getError().getCode());
            System.exit(1);
        }
    }
}

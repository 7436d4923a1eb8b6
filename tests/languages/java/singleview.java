// Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i singleview.yaml -o singleview -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=singleview,apiPackage=singleview,modelPackage=singleview
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import singleview.*;

class SingleView {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SINGLEVIEW_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            TokenResponse response = new TokenApi(client).generateToken(new TokenRequest()
                    .grantType("client_credentials")
                    .clientId(System.getenv("SINGLEVIEW_SANDBOX_CLIENT_ID"))
                    .clientCode(System.getenv("SINGLEVIEW_SANDBOX_CLIENT_CODE"))
                    .merchantId(System.getenv("SINGLEVIEW_SANDBOX_MERCHANT_ID")));
            if (!Boolean.TRUE.equals(response.getSuccess())) { // a rejection may be a 200
                System.err.println("singleview: no token, code " + response.getErrorCode());
                System.exit(1);
            }
            Number declared = response.getPayload().getExpiresIn();
            int lifetime = declared == null || declared.intValue() <= 0 ? 3600 : declared.intValue();

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + response.getPayload().getAccessToken()).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("singleview: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = client.getObjectMapper().readValue(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("singleview: no token, code " + response.getErrorCode());
            System.exit(1);
        }
    }
}

// Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g java --library okhttp-gson -i singleview.yaml -o singleview -p openApiNullable=false,hideGenerationTimestamp=true,disallowAdditionalPropertiesIfNotPresent=false,invokerPackage=singleview,apiPackage=singleview,modelPackage=singleview
import okhttp3.Request;
import okhttp3.Response;
import singleview.*;

class SingleView {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SINGLEVIEW_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
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
            Request apiRequest = new Request.Builder().url(baseUrl + "/echo")
                    .header("Authorization", "Bearer " + response.getPayload().getAccessToken()).build();
            try (Response apiResponse = client.getHttpClient().newCall(apiRequest).execute()) {
                System.out.println("singleview: a token for " + lifetime + " s, the API responded with " + apiResponse.code());
            }
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = JSON.getGson().fromJson(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("singleview: no token, code " + response.getErrorCode());
            System.exit(1);
        }
    }
}

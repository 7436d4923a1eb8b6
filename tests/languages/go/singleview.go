// Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g go -i singleview.yaml -o singleview -p packageName=singleview,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/singleview"
)

func main() {
	configuration := singleview.NewConfiguration()
	configuration.Servers = singleview.ServerConfigurations{{URL: os.Getenv("SINGLEVIEW_SANDBOX_BASE_URL")}}
	client := singleview.NewAPIClient(configuration)

	asked := singleview.NewTokenRequest(os.Getenv("SINGLEVIEW_SANDBOX_CLIENT_ID"),
		os.Getenv("SINGLEVIEW_SANDBOX_CLIENT_CODE"), os.Getenv("SINGLEVIEW_SANDBOX_MERCHANT_ID"), "client_credentials")
	reply, _, err := client.TokenAPI.GenerateToken(context.Background()).TokenRequest(*asked).Execute()

	var failed *singleview.GenericOpenAPIError
	if errors.As(err, &failed) {
		refusal, _ := failed.Model().(singleview.ErrorReply)
		log.Fatal("singleview: no token, code ", refusal.GetErrorCode())
	} else if err != nil {
		log.Fatal("singleview: ", err)
	}
	if !reply.GetSuccess() { // a refusal may be a 200
		log.Fatal("singleview: no token, code ", reply.GetErrorCode())
	}
	life := reply.Payload.GetExpiresIn()
	if life <= 0 {
		life = 3600
	}

	// The emulator's echo API stands for the API that you want.
	request, _ := http.NewRequest("GET", os.Getenv("SINGLEVIEW_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+reply.Payload.AccessToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("singleview: ", err)
	}
	fmt.Printf("singleview: a token for %.0f s, the API answered %d\n", life, answer.StatusCode)
}
